import { Show } from "solid-js";
import { t } from "../../i18n";
import { createKeyLookup } from "../../keys/createKeyLookup";
import { PastedKey } from "../../keys/FoundKey";
import { UserPicker } from "../../pickers/UserPicker";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { Filters } from "../../ui/Filters";
import { SearchField } from "../../ui/SearchField";
import { type createKeySearch, readDays, SHOWN, SORTS } from "./createKeySearch";

function labelOf(show: string): string {
  const byTime = readDays(show);
  if (byTime) return t(`keys.shown.${byTime.what}`, { days: byTime.days });
  return t(`keys.shown.${show as "all" | "active" | "expired" | "revoked"}`);
}

/** The filters of the list of all keys. */
export function KeyFilters(props: { search: ReturnType<typeof createKeySearch> }) {
  const lookup = createKeyLookup(() => props.search.pastedKey());
  const shown = () => [...new Set([...SHOWN, props.search.show()])];
  return (
    <div class="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2.5 sm:px-5">
      <SearchField
        label={t("keys.search")}
        placeholder={t("keys.searchHint")}
        value={props.search.search.search}
        onSearch={(text) => props.search.find(text)}
      />
      <Filters count={props.search.count()}>
        <UserPicker
          label={t("common.user")}
          all={t("common.allUsers")}
          value={props.search.search.user}
          onChoose={(user) => props.search.change({ user })}
        />
        <Choice
          label={t("common.show")}
          value={props.search.show()}
          options={shown().map((value) => ({ value, label: labelOf(value) }))}
          onChoose={(show) => props.search.change({ show: show === "all" ? undefined : show })}
        />
        <Choice
          label={t("users.sort")}
          value={props.search.sort()}
          options={SORTS.map((value) => ({ value, label: t(`keys.sorts.${value}`) }))}
          onChoose={(sort) => props.search.change({ sort: sort === "used" ? undefined : sort })}
        />
        <Show when={props.search.isNarrowed()}>
          <Button size="small" tone="quiet" onClick={() => props.search.clear()}>
            {t("common.clearFilters")}
          </Button>
        </Show>
      </Filters>
      <Show when={props.search.pastedKey()}>
        <PastedKey lookup={lookup} />
      </Show>
    </div>
  );
}
