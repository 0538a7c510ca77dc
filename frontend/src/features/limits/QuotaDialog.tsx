import type { CombinedError } from "@urql/core";
import { createSignal, Show, untrack } from "solid-js";
import type {
  QuotaInput,
  QuotaMetric,
  QuotaStateFragment,
  QuotaWindow,
} from "../../graphql/generated/graphql";
import { allZones, ownZone } from "../../lib/zone";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { CheckField, SelectField, TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { PROVIDERS } from "../../ui/providers";
import { isQuota, METRICS, type QuotaFaults, readQuota, WINDOWS } from "./quotaInput";
import { words } from "./words";

const SECONDS_IN_HOUR = 3600;
const USUAL_HOURS = 5;
const USUAL_WARNINGS = [80, 95];

type QuotaDialogProps = {
  open: boolean;
  /** The quota that is changed; a new one when there is none. */
  quota: QuotaStateFragment | undefined;
  pending: boolean;
  error: CombinedError | undefined;
  onSave: (quota: QuotaInput) => void;
  onClose: () => void;
};

function Scope(props: { quota: QuotaStateFragment | undefined }) {
  const providers = () => [
    { value: "", label: words().anyProvider },
    ...Object.entries(PROVIDERS).map(([value, { name }]) => ({ value, label: name })),
  ];
  const zones = () => {
    const zone = props.quota?.timezone;
    const names = zone ? new Set([zone, ...allZones()]) : allZones();
    return [...names].map((value) => ({ value, label: value }));
  };
  return (
    <div class="mt-4 grid gap-4 sm:grid-cols-2">
      <SelectField
        label={words().provider}
        name="provider"
        value={props.quota?.provider ?? ""}
        options={providers()}
      />
      <TextField
        label={words().model}
        name="modelPattern"
        value={props.quota?.modelPattern ?? ""}
        hint={words().modelHint}
        autocomplete="off"
      />
      <SelectField
        label={words().timezone}
        name="timezone"
        value={props.quota?.timezone ?? ownZone()}
        options={zones()}
      />
    </div>
  );
}

function Fields(props: { quota: QuotaStateFragment | undefined; faults: QuotaFaults }) {
  // The dialog makes these fields anew each time it opens.
  const first = untrack(() => props.quota);
  const [metric, setMetric] = createSignal<QuotaMetric>(first?.metric ?? "TOKENS");
  const [window, setWindow] = createSignal<QuotaWindow>(first?.window ?? "MONTH");
  const isScoped = () => Boolean(props.quota?.provider ?? props.quota?.modelPattern);
  return (
    <>
      <div class="grid items-start gap-4 sm:grid-cols-2">
        <SelectField
          label={words().metric}
          name="metric"
          value={metric()}
          options={METRICS.map((value) => ({ value, label: words().amountOf[value] }))}
          onChange={(event) =>
            setMetric(METRICS.find((each) => each === event.currentTarget.value) ?? "TOKENS")
          }
        />
        <TextField
          label={words().limit}
          name="limit"
          value={props.quota?.limit ?? ""}
          inputmode={metric() === "COST" ? "decimal" : "numeric"}
          placeholder={metric() === "COST" ? "25.00" : "1000000"}
          fault={props.faults.limit && words().amountWrong}
          autocomplete="off"
          autofocus
        />
        <SelectField
          label={words().window}
          name="window"
          value={window()}
          options={WINDOWS.map((value) => ({ value, label: words().windows[value] }))}
          onChange={(event) =>
            setWindow(WINDOWS.find((each) => each === event.currentTarget.value) ?? "MONTH")
          }
        />
        <Show when={window() === "ROLLING"}>
          <TextField
            label={words().hours}
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
        label={words().soft}
        name="soft"
        value={(props.quota?.softPercents ?? USUAL_WARNINGS).join(", ")}
        hint={words().softHint}
        fault={props.faults.soft && words().softWrong}
        autocomplete="off"
      />
      <CheckField
        label={words().strict}
        name="strict"
        checked={props.quota?.strict}
        hint={words().strictHint}
      />
      <details open={isScoped()}>
        <summary class="w-fit font-medium text-muted hover:text-ink">{words().extra}</summary>
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
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={props.quota ? words().editTitle : words().addTitle}
    >
      <Form onSubmit={submit}>
        <Fields quota={props.quota} faults={faults()} />
        <ErrorNotice error={props.error} />
        <DialogActions>
          <Button onClick={() => props.onClose()}>{words().cancel}</Button>
          <Button tone="primary" type="submit" pending={props.pending}>
            {words().save}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
