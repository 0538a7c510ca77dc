import { Show } from "solid-js";
import type { WindowHistoryQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatShare, formatUsd } from "../../lib/format";
import { type BarPart, SplitBar } from "../../ui/SplitBar";
import { Cell } from "../../ui/Table";
import { Unknown } from "../../ui/Unknown";
import { SAME_RESET_MS } from "./cycles";

type Window = WindowHistoryQuery["accountWindows"][number];
type ClosedCycle = Window["cycles"][number];
type Part = Window["usedBy"][number];

/** Users with a segment of their own. */
const SHOWN_USERS = 8;

/** The cycle that ended at a reset. */
export function closedAt(cycles: readonly ClosedCycle[], resetsAt: string) {
  const reset = Date.parse(resetsAt);
  return cycles.find((cycle) => Math.abs(Date.parse(cycle.endedAt) - reset) < SAME_RESET_MS);
}

/** The cells of a cycle: the part that was used elsewhere, and what one percent bought. */
export function CycleFacts(props: { closed: ClosedCycle | undefined }) {
  return (
    <>
      <Cell number>
        <Show when={typeof props.closed?.outsidePercent === "number"} fallback={<Unknown />}>
          {t("windows.percent", { percent: props.closed?.outsidePercent ?? 0 })}
        </Show>
      </Cell>
      <Cell number>
        <Show when={props.closed?.unitsPerPercent} fallback={<Unknown />}>
          {(units) => formatUsd(units())}
        </Show>
      </Cell>
    </>
  );
}

/** The parts of users: in percent of the window, or as shares while that is not known. */
function partsOf(window: Window): BarPart[] {
  const isKnown = window.usedBy.every((part) => typeof part.percent === "number");
  const total = window.usedBy.reduce((sum, part) => sum + part.units, 0) || 1;
  const amountOf = (part: Part) => (isKnown ? (part.percent ?? 0) : (100 * part.units) / total);
  const bar = (label: string, value: number, colour: string) => ({
    label,
    value,
    colour,
    valueText: formatShare(value / 100),
  });
  const users = window.usedBy.slice(0, SHOWN_USERS);
  const parts = users.map((part, index) =>
    bar(part.user?.name ?? t("windows.others"), amountOf(part), `--series-${index + 1}`),
  );
  const rest = window.usedBy.slice(SHOWN_USERS).reduce((sum, part) => sum + amountOf(part), 0);
  if (rest > 0) parts.push(bar(t("windows.others"), rest, "--series-9"));
  const outside = window.estimate?.outsidePercent;
  if (isKnown && typeof outside === "number" && outside >= 0.5)
    parts.push(bar(t("windows.outside"), outside, "--series-other"));
  return parts;
}

/** The parts of users since a window began, and what one percent of it buys. */
export function WindowParts(props: { window: Window }) {
  return (
    <div class="mt-3">
      <Show
        when={props.window.usedBy.length > 0}
        fallback={<p class="text-sm text-muted">{t("windows.noUse")}</p>}
      >
        <SplitBar label={t("windows.usedBy")} parts={partsOf(props.window)} />
      </Show>
      <p class="mt-2 text-sm text-muted">
        <Show when={props.window.estimate?.unitsPerPercent} fallback={t("windows.buysUnknown")}>
          {(units) => t("windows.buys", { amount: formatUsd(units()) })}
        </Show>
      </p>
    </div>
  );
}
