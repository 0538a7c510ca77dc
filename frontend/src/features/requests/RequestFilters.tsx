import { createSignal, Show } from "solid-js";
import type { Outcome } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { KeyPicker } from "../../pickers/KeyPicker";
import { ModelPicker } from "../../pickers/ModelPicker";
import { UserPicker } from "../../pickers/UserPicker";
import { Button } from "../../ui/Button";
import { Choice, FilterField } from "../../ui/Choice";
import { Filters } from "../../ui/Filters";
import { providerOptions } from "../../ui/providers";
import { type RequestSearch, readOutcomes } from "./createRequestSearch";
import { MoreFilters } from "./MoreFilters";
import { OUTCOME_NAMES } from "./OutcomeBadge";

type RequestFiltersProps = {
  search: RequestSearch;
  filterCount: number;
  onChange: (change: RequestSearch) => void;
  onClear: () => void;
};

/** The filters of the list, kept in the URL. */
export function RequestFilters(props: RequestFiltersProps) {
  const outcomeName = (name: Outcome) => t(`requests.outcomes.${name}.label`);
  const outcomeOptions = () => {
    const options = OUTCOME_NAMES.map((name) => ({
      value: String(name),
      label: outcomeName(name),
    }));
    // A link may ask for several outcomes, such as all errors; then they are one more option.
    const asked = readOutcomes(props.search.outcome);
    if (asked.length < 2) return options;
    return [...options, { value: asked.join(","), label: asked.map(outcomeName).join(", ") }];
  };
  return (
    <Filters count={props.filterCount} class="border-b border-line px-4 py-2.5 sm:px-5">
      <UserPicker
        label={t("requests.columns.user")}
        all={t("common.allUsers")}
        value={props.search.user}
        onChoose={(user) => props.onChange({ user, key: undefined })}
      />
      <KeyPicker
        label={t("requests.columns.key")}
        all={t("common.allKeys")}
        user={props.search.user}
        value={props.search.key}
        onChoose={(key) => props.onChange({ key })}
      />
      <Choice
        label={t("requests.columns.outcome")}
        all={t("requests.outcomesAll")}
        value={readOutcomes(props.search.outcome).join(",") || undefined}
        options={outcomeOptions()}
        onChoose={(outcome) => props.onChange({ outcome })}
      />
      <Choice
        label={t("requests.columns.provider")}
        all={t("common.allProviders")}
        value={props.search.provider}
        options={providerOptions()}
        onChoose={(provider) => props.onChange({ provider })}
      />
      <ModelPicker
        label={t("requests.columns.model")}
        value={props.search.model}
        patterns
        onChoose={(model) => props.onChange({ model })}
      />
      <Between search={props.search} onChange={props.onChange} />
      <MoreFilters search={props.search} onChange={props.onChange} />
      <Show when={props.filterCount > 0}>
        <Button size="small" tone="quiet" onClick={() => props.onClear()}>
          {t("common.clearFilters")}
        </Button>
      </Show>
    </Filters>
  );
}

function Between(props: Pick<RequestFiltersProps, "search" | "onChange">) {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <Show
      when={isOpen() || props.search.from || props.search.to}
      fallback={
        <Button size="small" onClick={() => setOpen(true)}>
          {t("requests.between")}
        </Button>
      }
    >
      <FilterField
        type="datetime-local"
        label={t("common.from")}
        value={props.search.from}
        onChange={(from) => props.onChange({ from })}
      />
      <FilterField
        type="datetime-local"
        label={t("common.to")}
        value={props.search.to}
        onChange={(to) => props.onChange({ to })}
      />
    </Show>
  );
}
