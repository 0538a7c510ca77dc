import { createSignal, For, Show } from "solid-js";
import type { AccountRowFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { Meter } from "../../ui/Meter";
import { Ago } from "../../ui/Moment";
import { Resets } from "../../ui/Resets";
import { WindowHistoryDialog } from "./WindowHistoryDialog";
import { nameOfWindow } from "./windowName";

type Window = AccountRowFragment["windows"][number];

function WindowMeter(props: { window: Window }) {
  const percentUsed = () => t("providers.windowUsed", { percent: props.window.usedPercent });
  return (
    <li class="w-40">
      <p class="flex justify-between gap-2 text-xs text-muted">
        <span>{nameOfWindow(props.window.name)}</span>
        <span class="tabular-nums text-ink">{percentUsed()}</span>
      </p>
      <Meter
        label={nameOfWindow(props.window.name)}
        percent={props.window.usedPercent}
        valueText={percentUsed()}
      />
      <p class="mt-0.5 text-xs text-muted">
        <Resets at={props.window.resetsAt} />
      </p>
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
