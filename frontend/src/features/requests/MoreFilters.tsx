import { createQuery } from "@urql/solid";
import { createSignal, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { FilterField } from "../../ui/Choice";
import { LocalChoice } from "../../ui/SearchChoice";
import { MORE_FILTERS, type RequestSearch } from "./createRequestSearch";

const FilterAccountsQuery = graphql(`
  query FilterAccounts {
    providers {
      kind
      displayName
      accounts {
        id
        label
      }
    }
  }
`);

const STATUSES = ["4xx", "5xx", "400", "401", "403", "404", "429", "500", "502", "503", "504"];

const ENDPOINTS = [
  "POST /v1/chat/completions",
  "POST /v1/responses",
  "POST /v1/messages",
  "POST /v1/messages/count_tokens",
  "POST /v1/images/generations",
  "GET /v1/models",
];

type MoreFiltersProps = {
  search: RequestSearch;
  onChange: (change: RequestSearch) => void;
};

/** The filters that are needed less often, behind a button unless one of them is set. */
export function MoreFilters(props: MoreFiltersProps) {
  const [isOpen, setOpen] = createSignal(false);
  const isSet = () => MORE_FILTERS.some((name) => props.search[name]);
  return (
    <Show
      when={isOpen() || isSet()}
      fallback={
        <Button size="small" onClick={() => setOpen(true)}>
          {t("requests.moreFilters")}
        </Button>
      }
    >
      <MoreFields {...props} />
    </Show>
  );
}

function MoreFields(props: MoreFiltersProps) {
  return (
    <>
      <AccountChoice {...props} />
      <FilterField
        type="text"
        label={t("requests.httpStatus")}
        suggestions={STATUSES}
        value={props.search.status}
        onChange={(status) => props.onChange({ status })}
      />
      <FilterField
        type="text"
        label={t("requests.errorCode")}
        value={props.search.code}
        onChange={(code) => props.onChange({ code })}
      />
      <FilterField
        type="text"
        label={t("requests.columns.endpoint")}
        suggestions={ENDPOINTS}
        value={props.search.endpoint}
        onChange={(endpoint) => props.onChange({ endpoint })}
      />
      <FilterField
        type="text"
        label={t("requests.minDuration")}
        value={props.search.min}
        onChange={(min) => props.onChange({ min })}
      />
      <FilterField
        type="text"
        label={t("requests.maxDuration")}
        value={props.search.max}
        onChange={(max) => props.onChange({ max })}
      />
      <FilterField
        type="text"
        label={t("requests.id")}
        value={props.search.id}
        onChange={(id) => props.onChange({ id })}
      />
      <Show when={props.search.connection}>
        <FilterField
          type="text"
          label={t("requests.connection")}
          value={props.search.connection}
          onChange={(connection) => props.onChange({ connection })}
        />
      </Show>
      <Show when={props.search.session}>
        <FilterField
          type="text"
          label={t("agentSessions.session")}
          value={props.search.session}
          onChange={(session) => props.onChange({ session })}
        />
      </Show>
    </>
  );
}

function AccountChoice(props: MoreFiltersProps) {
  const [answer] = createQuery({ query: FilterAccountsQuery });
  const options = () => {
    const known = (answer.data?.providers ?? []).flatMap(({ displayName, accounts }) =>
      accounts.map(({ id, label }) => ({ value: id, label: `${displayName}: ${label}` })),
    );
    const chosen = props.search.account;
    // A deleted account stays in the address and in the records.
    if (!chosen || !answer.data || known.some(({ value }) => value === chosen)) return known;
    return [...known, { value: chosen, label: t("requests.deletedAccount") }];
  };
  return (
    <LocalChoice
      label={t("requests.columns.account")}
      all={t("requests.allAccounts")}
      value={props.search.account}
      options={options()}
      onChoose={(account) => props.onChange({ account })}
    />
  );
}
