import { createSignal, Show, untrack } from "solid-js";
import type {
  QuotaInput,
  QuotaMetric,
  QuotaStateFragment,
  QuotaWindow,
} from "../graphql/generated/graphql";
import { t } from "../i18n";
import { formatWhole } from "../lib/format";
import { allZones, ownZone } from "../lib/zone";
import type { ConflictRows } from "../ui/Conflict";
import { CheckField, SelectField, TextField } from "../ui/Field";
import { MutationDialog, type MutationState } from "../ui/MutationDialog";
import { providerOptions } from "../ui/providers";
import type { Subject } from "./createQuotaChange";
import { QuotaUse } from "./QuotaUse";
import {
  FREE_MODEL_POLICIES,
  isQuota,
  METRICS,
  type QuotaFaults,
  readQuota,
  UNPRICED_POLICIES,
  WINDOWS,
} from "./quotaInput";

const SECONDS_IN_HOUR = 3600;
const USUAL_HOURS = 5;
const USUAL_WARNINGS = [80, 95];

type QuotaDialogProps = {
  open: boolean;
  /** The quota that is changed; a new one when there is none. */
  quota: QuotaStateFragment | undefined;
  /** The holder, whose usage is shown. */
  subject: Subject;
  /** The title of the dialog, if it is not about one of the listed quotas. */
  title?: string;
  mutation: MutationState;
  conflict?: ConflictRows | undefined;
  onSave: (quota: QuotaInput) => void;
  onClose: () => void;
};

function Scope(props: { quota: QuotaStateFragment | undefined }) {
  const providers = () => [{ value: "", label: t("common.allProviders") }, ...providerOptions()];
  const zones = () => {
    const zone = props.quota?.timezone;
    const names = zone ? new Set([zone, ...allZones()]) : allZones();
    return [...names].map((value) => ({ value, label: value }));
  };
  return (
    <div class="mt-4 grid gap-4 sm:grid-cols-2">
      <SelectField
        label={t("common.provider")}
        name="provider"
        value={props.quota?.provider ?? ""}
        options={providers()}
      />
      <TextField
        label={t("limits.model")}
        name="modelPattern"
        value={props.quota?.modelPattern ?? ""}
        hint={t("limits.modelHint")}
        autocomplete="off"
      />
      <SelectField
        label={t("common.timeZone")}
        name="timezone"
        value={props.quota?.timezone ?? ownZone()}
        options={zones()}
      />
    </div>
  );
}

/** The treatment of models that have no price or cost nothing, by a quota of costs. */
function Policies(props: { quota: QuotaStateFragment | undefined }) {
  return (
    <div class="grid items-start gap-4 sm:grid-cols-2">
      <SelectField
        label={t("limits.unpriced")}
        name="unpriced"
        value={props.quota?.unpriced ?? "ASSUME"}
        hint={t("limits.unpricedHint")}
        options={UNPRICED_POLICIES.map((value) => ({
          value,
          label: t(`limits.unpricedPolicies.${value}`),
        }))}
      />
      <SelectField
        label={t("limits.free")}
        name="freeModels"
        value={props.quota?.freeModels ?? "ALLOW"}
        hint={t("limits.freeHint")}
        options={FREE_MODEL_POLICIES.map((value) => ({
          value,
          label: t(`limits.freePolicies.${value}`),
        }))}
      />
    </div>
  );
}

/** The fields of a quota. */
export function QuotaFields(props: { quota: QuotaStateFragment | undefined; faults: QuotaFaults }) {
  // The dialog creates these fields each time it opens.
  const first = untrack(() => props.quota);
  const [metric, setMetric] = createSignal<QuotaMetric>(first?.metric ?? "TOKENS");
  const [window, setWindow] = createSignal<QuotaWindow>(first?.window ?? "MONTH");
  const isScoped = () => Boolean(props.quota?.provider ?? props.quota?.modelPattern);
  return (
    <>
      <div class="grid items-start gap-4 sm:grid-cols-2">
        <SelectField
          label={t("common.metric")}
          name="metric"
          value={metric()}
          options={METRICS.map((value) => ({ value, label: t(`limits.amountOf.${value}`) }))}
          onChange={(event) =>
            setMetric(METRICS.find((each) => each === event.currentTarget.value) ?? "TOKENS")
          }
        />
        <TextField
          label={t("limits.limit")}
          name="limit"
          value={props.quota?.limit ?? ""}
          inputmode={metric() === "COST" ? "decimal" : "numeric"}
          placeholder={metric() === "COST" ? "25.00" : formatWhole(1_000_000)}
          fault={props.faults.limit && t("limits.amountWrong")}
          autocomplete="off"
          autofocus
        />
        <SelectField
          label={t("limits.window")}
          name="window"
          value={window()}
          hint={window() === "LIFETIME" ? t("limits.lifetimeHint") : undefined}
          options={WINDOWS.map((value) => ({ value, label: t(`limits.windows.${value}`) }))}
          onChange={(event) =>
            setWindow(WINDOWS.find((each) => each === event.currentTarget.value) ?? "MONTH")
          }
        />
        <Show when={window() === "ROLLING"}>
          <TextField
            label={t("limits.hours")}
            name="hours"
            type="number"
            min="0.02"
            max="9600"
            step="any"
            required
            value={(props.quota?.rollingSeconds ?? USUAL_HOURS * SECONDS_IN_HOUR) / SECONDS_IN_HOUR}
          />
        </Show>
      </div>
      <TextField
        label={t("limits.soft")}
        name="soft"
        value={(props.quota?.softPercents ?? USUAL_WARNINGS).join(", ")}
        hint={t("limits.softHint")}
        fault={props.faults.soft && t("limits.softWrong")}
        autocomplete="off"
      />
      <Show when={metric() === "COST"}>
        <Policies quota={props.quota} />
      </Show>
      <CheckField
        label={t("limits.strict")}
        name="strict"
        checked={props.quota?.strict}
        hint={t("limits.strictHint")}
      />
      <details open={isScoped()}>
        <summary class="w-fit font-medium text-muted hover:text-ink">
          {t("common.advanced")}
        </summary>
        <Scope quota={props.quota} />
      </details>
    </>
  );
}

/** Asks what a quota is to be like. */
export function QuotaDialog(props: QuotaDialogProps) {
  const [faults, setFaults] = createSignal<QuotaFaults>({});

  function submit(form: FormData) {
    const read = readQuota(form);
    setFaults(isQuota(read) ? {} : read);
    if (isQuota(read)) props.onSave(read);
  }

  return (
    <MutationDialog
      open={props.open}
      title={props.title ?? (props.quota ? t("limits.edit") : t("limits.add"))}
      mutation={props.mutation}
      conflict={props.conflict}
      submit={t("common.save")}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <QuotaFields quota={props.quota} faults={faults()} />
      <QuotaUse subject={props.subject} />
    </MutationDialog>
  );
}
