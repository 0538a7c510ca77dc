import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatShare } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { buttonClass } from "../../ui/Button";
import { describeQuota } from "../../ui/describeQuota";
import { EmptyState } from "../../ui/EmptyState";
import { Panel } from "../../ui/Panel";
import { Resets } from "../../ui/Resets";
import { SkeletonText } from "../../ui/Skeleton";
import type { OverviewState } from "./createOverview";
import { RunningAccounts } from "./RunningAccounts";

const RunningQuotaFragment = graphql(`
  fragment RunningQuota on Quota {
    id
    metric
    window
    limit
    used
    usedPercent
    resetsAt
    user {
      id
      name
    }
    apiKey {
      id
      name
    }
  }
`);

const SHOWN = 6;
const WORRYING = 70;
const URGENT = 90;

function fill(percent: number): string {
  if (percent >= URGENT) return "bg-bad-mark";
  return percent >= WORRYING ? "bg-warn-mark" : "bg-ok-mark";
}

/** Quotas and accounts close to their limit, by utilization. */
export function RunningOut(props: { overview: OverviewState }) {
  const quotas = () => props.overview.sums()?.quotas.slice(0, SHOWN) ?? [];
  const accounts = () =>
    props.overview.sums()?.providers.flatMap((provider) => provider.accounts) ?? [];
  return (
    <Panel title={t("overview.runningOut")} hint={t("overview.runningOutHint")}>
      <Show when={props.overview.isKnown()} fallback={<SkeletonText />}>
        <RunningAccounts accounts={accounts()} />
        <ul class="flex flex-col gap-3">
          <For
            each={quotas()}
            fallback={
              <li>
                <EmptyState
                  do="changeQuotas"
                  title={t("overview.quotasNone")}
                  action={
                    <A href="/users" class={buttonClass("plain", "small")}>
                      {t("overview.toUsers")}
                    </A>
                  }
                >
                  {t("overview.quotasNoneHint")}
                </EmptyState>
              </li>
            }
          >
            {(quota) => <QuotaRow quota={quota} />}
          </For>
        </ul>
      </Show>
    </Panel>
  );
}

function QuotaRow(props: { quota: FragmentType<typeof RunningQuotaFragment> }) {
  const quota = () => readFragment(RunningQuotaFragment, props.quota);
  return (
    <li class="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-1">
      <A
        href={`/users/${quota().user.id}`}
        class="truncate font-medium underline-offset-4 hover:underline"
      >
        {quota().user.name}
        <Show when={quota().apiKey}>
          {(key) => <span class="text-muted"> · {key().name}</span>}
        </Show>
      </A>
      <Show
        when={quota().usedPercent >= 100}
        fallback={<span class="font-medium">{formatShare(quota().usedPercent / 100)}</span>}
      >
        <Badge tone="bad">{t("common.limitReached")}</Badge>
      </Show>
      <span class="col-span-2 h-1.5 overflow-hidden rounded-full bg-inset">
        <span
          class={`block h-full rounded-full ${fill(quota().usedPercent)}`}
          style={{ width: `${Math.min(100, quota().usedPercent)}%` }}
        />
      </span>
      <span class="col-span-2 flex flex-wrap justify-between gap-x-4 text-sm text-muted">
        <span>{describeQuota(quota())}</span>
        <Resets at={quota().resetsAt} window={quota().window} />
      </span>
    </li>
  );
}
