import { A } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { For, Show } from "solid-js";
import { graphql } from "../graphql/generated";
import { t } from "../i18n";
import { buttonClass } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorNotice } from "../ui/ErrorNotice";
import { CheckField } from "../ui/Field";
import { Loading } from "../ui/Loading";

const GroupChoicesQuery = graphql(`
  query GroupChoices {
    accountGroups {
      id
      name
      accounts {
        id
        label
      }
    }
  }
`);

/** The name of the check boxes in the form. */
const NAME = "accountGroup";

/** The ids of the checked groups. */
export function readGroups(form: FormData): string[] {
  return form.getAll(NAME).map(String);
}

type GroupChecksProps = {
  chosen: readonly string[];
  /** The number of checked groups, after each change. */
  onChange?: (count: number) => void;
};

/** A check box for each account group. */
export function GroupChecks(props: GroupChecksProps) {
  const [answer] = createQuery({ query: GroupChoicesQuery });
  let fields: HTMLFieldSetElement | undefined;
  const count = () => fields?.querySelectorAll("input:checked").length ?? 0;
  const accountsOf = (accounts: readonly { label: string }[]) =>
    accounts.map(({ label }) => label).join(", ") || t("accountGroups.noAccounts");
  return (
    <>
      <ErrorNotice error={answer.error} />
      <Show
        when={answer.data}
        fallback={
          <>
            {/* The groups stay as they are while they are not known. */}
            <For each={props.chosen}>{(id) => <input type="hidden" name={NAME} value={id} />}</For>
            <Show when={!answer.error}>
              <Loading />
            </Show>
          </>
        }
      >
        {(known) => (
          <Show when={known().accountGroups.length > 0} fallback={<NoGroups />}>
            <fieldset
              ref={fields}
              class="flex flex-col gap-2.5"
              onChange={() => props.onChange?.(count())}
            >
              <legend class="mb-1.5 font-medium">{t("accountGroups.groupsField")}</legend>
              <For each={known().accountGroups}>
                {(group) => (
                  <CheckField
                    label={group.name}
                    name={NAME}
                    value={group.id}
                    checked={props.chosen.includes(group.id)}
                    hint={accountsOf(group.accounts)}
                  />
                )}
              </For>
            </fieldset>
          </Show>
        )}
      </Show>
    </>
  );
}

function NoGroups() {
  return (
    <EmptyState
      title={t("accountGroups.createFirst")}
      action={
        <A href="/account-groups" class={buttonClass("plain", "small")}>
          {t("accountGroups.toGroups")}
        </A>
      }
    >
      {t("accountGroups.noneHint")}
    </EmptyState>
  );
}
