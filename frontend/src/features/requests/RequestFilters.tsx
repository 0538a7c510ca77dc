import { createQuery } from "@urql/solid";
import { For } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { Outcome } from "../../graphql/generated/graphql";
import type { Option } from "../../ui/Field";
import { OUTCOMES } from "./outcomes";

const FilterUsersQuery = graphql(`
  query FilterUsers {
    users(first: 200, orderBy: { field: NAME, direction: ASC }) {
      nodes {
        id
        name
      }
    }
  }
`);

/** The outcomes in the order in which they are offered. */
export const OUTCOME_NAMES = Object.keys(OUTCOMES) as Outcome[];

function Choice(props: {
  label: string;
  value: string | undefined;
  all: string;
  options: Option[];
  onChoose: (value: string | undefined) => void;
}) {
  return (
    <select
      aria-label={props.label}
      class="h-8 max-w-44 rounded-lg border border-line-strong/60 bg-panel px-2 text-sm font-medium"
      onChange={(event) => props.onChoose(event.currentTarget.value || undefined)}
    >
      <option value="">{props.all}</option>
      <For each={props.options}>
        {(option) => (
          <option value={option.value} selected={option.value === props.value}>
            {option.label}
          </option>
        )}
      </For>
    </select>
  );
}

type RequestFiltersProps = {
  user: string | undefined;
  outcome: string | undefined;
  onChange: (change: { user?: string; outcome?: string }) => void;
};

/** Narrows the table to one user or one outcome. */
export function RequestFilters(props: RequestFiltersProps) {
  const [users] = createQuery({ query: FilterUsersQuery });
  const userOptions = () =>
    (users.data?.users.nodes ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const outcomeOptions = OUTCOME_NAMES.map((name) => ({ value: name, label: OUTCOMES[name].word }));
  return (
    <>
      <Choice
        label="User"
        all="All users"
        value={props.user}
        options={userOptions()}
        onChoose={(user) => props.onChange({ user, outcome: props.outcome })}
      />
      <Choice
        label="Outcome"
        all="Every outcome"
        value={props.outcome}
        options={outcomeOptions}
        onChoose={(outcome) => props.onChange({ user: props.user, outcome })}
      />
    </>
  );
}
