import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { t } from "../../i18n";
import { formatCompact } from "../../lib/format";
import { LimitButton } from "../../limits/LimitButton";
import { EmptyState } from "../../ui/EmptyState";
import { Panel } from "../../ui/Panel";
import { SkeletonText } from "../../ui/Skeleton";
import type { OverviewState } from "./createOverview";

const SHOWN = 8;

const tokens = (count: number) =>
  t("limits.amounts.TOKENS", { count, amount: formatCompact(count) });

/** Users active in the last minutes, the busiest first. */
export function ActiveUsers(props: { overview: OverviewState }) {
  return (
    <Panel title={t("overview.active")} hint={t("overview.activeHint")}>
      <Show when={props.overview.isKnown()} fallback={<SkeletonText />}>
        <List overview={props.overview} />
      </Show>
    </Panel>
  );
}

function List(props: { overview: OverviewState }) {
  const users = () => props.overview.sums()?.quarter.breakdown.slice(0, SHOWN) ?? [];
  const most = () => Math.max(1, ...users().map((user) => user.totals.tokens.total));
  return (
    <ul class="flex flex-col gap-3">
      <For
        each={users()}
        fallback={
          <li>
            <EmptyState title={t("overview.activeNone")}>{t("overview.activeNoneHint")}</EmptyState>
          </li>
        }
      >
        {(user) => (
          <li class="grid gap-x-4 gap-y-1 sm:grid-cols-[minmax(0,1fr)_auto] sm:items-center">
            <A
              href={`/users/${user.key}`}
              class="truncate font-medium underline-offset-4 hover:underline"
            >
              {user.label ?? user.key}
            </A>
            <span class="flex items-center gap-2 text-sm text-muted">
              {t("common.requests", { count: user.totals.requests })} ·{" "}
              {tokens(user.totals.tokens.total)}
              <LimitButton user={user.user} name={user.label ?? user.key} />
            </span>
            <span class="h-1.5 sm:col-span-2 overflow-hidden rounded-full bg-inset">
              <span
                class={`block h-full rounded-full bg-accent ${user.totals.tokens.total > 0 ? "min-w-0.5" : ""}`}
                style={{ width: `${(user.totals.tokens.total / most()) * 100}%` }}
              />
            </span>
          </li>
        )}
      </For>
    </ul>
  );
}
