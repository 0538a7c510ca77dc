import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { UsageSubjectsQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { allZones } from "../../lib/zone";
import { KeyPicker } from "../../pickers/KeyPicker";
import { ModelPicker } from "../../pickers/ModelPicker";
import { UserPicker } from "../../pickers/UserPicker";
import { Button } from "../../ui/Button";
import { Choice, FilterField } from "../../ui/Choice";
import { Filters } from "../../ui/Filters";
import { providerOptions } from "../../ui/providers";
import { LocalChoice } from "../../ui/SearchChoice";
import type { UsageChoices } from "./createUsageSearch";
import { PRESETS, readPreset } from "./range";
import { UsageFilterChips } from "./UsageFilterChips";

const UsageSubjectsDocument = graphql(`
  query UsageSubjects {
    providers {
      kind
      accounts {
        id
        label
      }
    }
  }
`);

const CUSTOM = "CUSTOM";

type Choices = { choices: UsageChoices };

/** The filters of the whole page, kept in the URL. */
export function UsageFilters(props: Choices) {
  const [subjects] = createQuery({ query: UsageSubjectsDocument });
  return (
    <div class="flex flex-wrap items-center gap-2">
      <Stretch choices={props.choices} />
      <Show when={!props.choices.isOfUser}>
        <Filters count={props.choices.filterCount()} class="sm:contents">
          <Subjects choices={props.choices} subjects={subjects.data} />
          <Show when={props.choices.filterCount() > 0}>
            <Button size="small" tone="quiet" onClick={() => props.choices.clear()}>
              {t("common.clearFilters")}
            </Button>
          </Show>
        </Filters>
      </Show>
      <UsageFilterChips choices={props.choices} subjects={subjects.data} />
    </div>
  );
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function Stretch(props: Choices) {
  const search = () => props.choices.search;
  const preset = () => (search().range === CUSTOM ? null : readPreset(search()));
  const options = () => [
    ...PRESETS.map((value) => ({ value: value as string, label: t(`usage.presets.${value}`) })),
    { value: CUSTOM, label: t("usage.custom") },
  ];
  function choose(range: string | undefined) {
    if (range === CUSTOM) props.choices.change({ range, from: today(), to: today() });
    else props.choices.change({ range, from: undefined, to: undefined });
  }
  return (
    <>
      <Choice
        label={t("usage.range")}
        value={preset() ?? CUSTOM}
        options={options()}
        onChoose={choose}
      />
      <Show when={preset() === null}>
        <FilterField
          type="date"
          label={t("common.from")}
          value={search().from}
          onChange={(from) => props.choices.change({ from })}
        />
        <FilterField
          type="date"
          label={t("common.to")}
          value={search().to}
          onChange={(to) => props.choices.change({ to })}
        />
      </Show>
      <LocalChoice
        label={t("common.timeZone")}
        value={props.choices.zone()}
        options={allZones().map((zone) => ({ value: zone, label: zone.replaceAll("_", " ") }))}
        onChoose={(zone) => props.choices.change({ zone })}
      />
    </>
  );
}

function Subjects(props: Choices & { subjects: UsageSubjectsQuery | undefined }) {
  const search = () => props.choices.search;
  const accounts = () => (props.subjects?.providers ?? []).flatMap(({ accounts }) => accounts);
  return (
    <>
      <UserPicker
        label={t("usage.dimensions.USER")}
        all={t("common.allUsers")}
        value={search().user}
        onChoose={(user) => props.choices.change({ user, key: undefined })}
      />
      <KeyPicker
        label={t("usage.dimensions.API_KEY")}
        all={t("common.allKeys")}
        user={search().user}
        value={search().key}
        onChoose={(key) => props.choices.change({ key })}
      />
      <Choice
        label={t("usage.dimensions.PROVIDER")}
        all={t("common.allProviders")}
        value={search().provider}
        options={providerOptions()}
        onChoose={(provider) => props.choices.change({ provider })}
      />
      <Show when={accounts().length > 0}>
        <LocalChoice
          label={t("usage.dimensions.ACCOUNT")}
          all={t("usage.account")}
          value={search().account}
          options={accounts().map(({ id, label }) => ({ value: id, label }))}
          onChoose={(account) => props.choices.change({ account })}
        />
      </Show>
      <ModelPicker
        label={t("common.model")}
        value={search().model}
        onChoose={(model) => props.choices.change({ model })}
      />
    </>
  );
}
