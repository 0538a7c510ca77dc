import { For, Show } from "solid-js";
import type { AccountRowFragment } from "../../graphql/generated/graphql";
import { t, tIfKnown } from "../../i18n";
import { Meter } from "../../ui/Meter";
import { Ago } from "../../ui/Moment";
import { Resets } from "../../ui/Resets";

type Window = AccountRowFragment["windows"][number];

/** The common names of windows; others are shown as the provider names them. */
function nameOf(window: Window): string {
  return tIfKnown(`providers.windows.${window.name}`) ?? window.name.replaceAll("_", " ");
}

function WindowMeter(props: { window: Window }) {
  const percentUsed = () => t("providers.windowUsed", { percent: props.window.usedPercent });
  return (
    <li class="w-40">
      <p class="flex justify-between gap-2 text-xs text-muted">
        <span>{nameOf(props.window)}</span>
        <span class="tabular-nums text-ink">{percentUsed()}</span>
      </p>
      <Meter
        label={nameOf(props.window)}
        percent={props.window.usedPercent}
        valueText={percentUsed()}
      />
      <p class="mt-0.5 text-xs text-muted">
        <Resets at={props.window.resetsAt} />
      </p>
    </li>
  );
}

/** The usage windows of a subscription, as last reported by its provider. */
export function Windows(props: { windows: Window[]; reportedAt?: string | null }) {
  return (
    <Show when={props.windows.length > 0}>
      <ul class="mt-2 flex flex-wrap gap-x-6 gap-y-2">
        <For each={props.windows}>{(window) => <WindowMeter window={window} />}</For>
      </ul>
      <Show when={props.reportedAt}>
        {(at) => (
          <p class="mt-1 text-xs text-muted">
            {t("providers.windowsTold")} <Ago at={at()} />
          </p>
        )}
      </Show>
    </Show>
  );
}
