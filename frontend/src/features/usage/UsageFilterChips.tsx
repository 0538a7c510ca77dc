import X from "lucide-solid/icons/x";
import { For, Show } from "solid-js";
import type { UsageDimension, UsageSubjectsQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { createKeyName } from "../../pickers/KeyPicker";
import { createUserName } from "../../pickers/UserPicker";
import { providerName, readProvider } from "../../ui/providers";
import type { UsageChoices } from "./createUsageSearch";

type Subjects = UsageSubjectsQuery | undefined;

/** The names of the subjects of filters, as far as they are known. */
type Known = { subjects: Subjects; user: string | undefined; key: string | undefined };

/** The name of a filter's value; the value itself while it is not known. */
function nameOf(by: UsageDimension, value: string, known: Known): string {
  const named: Record<UsageDimension, () => string | undefined> = {
    USER: () => known.user,
    API_KEY: () => known.key,
    PROVIDER: () => {
      const provider = readProvider(value);
      return provider ? providerName(provider) : undefined;
    },
    ACCOUNT: () =>
      known.subjects?.providers.flatMap(({ accounts }) => accounts).find(({ id }) => id === value)
        ?.label,
    MODEL: () => value,
  };
  return named[by]() ?? value;
}

/** The filters that are set, each with a button that removes it. */
export function UsageFilterChips(props: { choices: UsageChoices; subjects: Subjects }) {
  const user = createUserName(() => props.choices.search.user);
  const key = createKeyName(
    () => props.choices.search.key,
    () => props.choices.search.user,
  );
  const known = () => ({ subjects: props.subjects, user: user(), key: key() });
  return (
    <Show when={props.choices.filters().length > 0}>
      <ul class="flex w-full flex-wrap gap-2" aria-label={t("common.filters")}>
        <For each={props.choices.filters()}>
          {({ by, value }) => {
            const text = () => `${t(`usage.dimensions.${by}`)}: ${nameOf(by, value, known())}`;
            return (
              <li class="flex max-w-full items-center gap-1 rounded-full bg-inset pl-3 text-sm">
                <span class="truncate">{text()}</span>
                <button
                  type="button"
                  class="grid size-8 shrink-0 place-items-center rounded-full text-muted hover:bg-hover hover:text-ink"
                  aria-label={t("usage.removeFilter", { filter: text() })}
                  onClick={() => props.choices.remove(by)}
                >
                  <X class="size-3.5" aria-hidden="true" />
                </button>
              </li>
            );
          }}
        </For>
      </ul>
    </Show>
  );
}
