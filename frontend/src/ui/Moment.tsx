import { Show } from "solid-js";
import { t } from "../i18n";
import { createNow } from "../lib/createNow";
import { formatAgo, formatMoment, formatTime } from "../lib/format";
import { Unknown } from "./Unknown";

/** A relative time; the exact time is in the tooltip. */
export function Ago(props: { at: string | null | undefined; never?: string }) {
  const now = createNow();
  return (
    <Show when={props.at} fallback={props.never ?? t("common.never")}>
      {(at) => (
        <time datetime={at()} title={formatMoment(at())}>
          {formatAgo(at(), now())}
        </time>
      )}
    </Show>
  );
}

/** A time; the exact time is in the tooltip. */
export function Time(props: { at: string | null | undefined }) {
  return (
    <Show when={props.at} fallback={<Unknown />}>
      {(at) => (
        <time datetime={at()} title={formatMoment(at())} class="whitespace-nowrap">
          {formatTime(at())}
        </time>
      )}
    </Show>
  );
}
