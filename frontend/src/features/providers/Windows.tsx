import { createSignal, For, Show } from "solid-js";
import type { AccountRowFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { Ago } from "../../ui/Moment";
import { Resets } from "../../ui/Resets";
import {
  describeForecast,
  expectedLevels,
  nameOfWindow,
  readForecast,
  WindowBar,
} from "../../windows";
import { WindowHistoryDialog } from "./WindowHistoryDialog";

type Window = AccountRowFragment["windows"][number];

function WindowMeter(props: { window: Window }) {
  const estimate = () => props.window.estimate;
  const level = () => estimate()?.level ?? props.window.usedPercent;
  const forecast = () => {
    const known = estimate();
    return known ? readForecast(known.forecast) : undefined;
  };
  const expected = () => {
    const known = forecast();
    return known ? expectedLevels(known) : undefined;
  };
  return (
    <li class="w-full sm:w-64">
      <p class="flex justify-between gap-2 text-xs text-muted">
        <span>{nameOfWindow(props.window.name)}</span>
        <span class="tabular-nums text-ink">
          {t("windows.used", { percent: Math.round(level()) })}
        </span>
      </p>
      <WindowBar
        name={props.window.name}
        percent={level()}
        outside={estimate()?.outsidePercent}
        expected={expected()}
        stop={props.window.stopAtPercent ?? undefined}
      />
      <p class="mt-0.5 text-xs text-muted">
        <Resets at={props.window.resetsAt} />
        <Show when={props.window.stopAtPercent}>
          {(percent) => (
            <span class="block">{t("providers.limits.stopsAt", { percent: percent() })}</span>
          )}
        </Show>
      </p>
      <Show when={forecast()}>
        {(known) => <p class="text-xs text-muted">{describeForecast(known())}</p>}
      </Show>
    </li>
  );
}

/** The usage windows of a subscription, as last reported by its provider, and their history. */
export function Windows(props: {
  account: { id: string; label: string };
  windows: Window[];
  reportedAt?: string | null;
}) {
  const [open, setOpen] = createSignal(false);
  return (
    <Show when={props.windows.length > 0}>
      <ul class="mt-2 flex flex-wrap gap-x-6 gap-y-2">
        <For each={props.windows}>{(window) => <WindowMeter window={window} />}</For>
      </ul>
      <p class="mt-1 flex flex-wrap gap-x-3 text-xs text-muted">
        <Show when={props.reportedAt}>
          {(at) => (
            <span>
              {t("providers.windowsTold")} <Ago at={at()} />
            </span>
          )}
        </Show>
        <button
          type="button"
          class="text-ink decoration-line-strong underline underline-offset-4 hover:decoration-ink"
          aria-label={t("providers.history.of", { label: props.account.label })}
          onClick={() => setOpen(true)}
        >
          {t("providers.history.open")}
        </button>
      </p>
      <WindowHistoryDialog account={props.account} open={open()} onClose={() => setOpen(false)} />
    </Show>
  );
}
