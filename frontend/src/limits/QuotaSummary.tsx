import { For, type JSX, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../graphql/generated";
import type { QuotaStateFragment } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { formatMoment, formatShare } from "../lib/format";
import { Badge } from "../ui/Badge";
import { Code } from "../ui/Code";
import { Meter, Ring } from "../ui/Meter";
import { providerName } from "../ui/providers";
import { describeAmount, describeWindow, formatAmount } from "../ui/quotaAmounts";
import { Resets } from "../ui/Resets";

export const QuotaFragment = graphql(`
  fragment QuotaState on Quota {
    id
    metric
    limit
    effectiveLimit
    raise {
      amount
      until
      reason
    }
    used
    reserved
    remaining
    usedPercent
    resetsAt
    window
    rollingSeconds
    provider
    modelPattern
    timezone
    softPercents
    strict
    unpriced
    freeModels
    warningPercent
  }
`);

type QuotaMask = FragmentType<typeof QuotaFragment>;

function usedOfLimit(quota: QuotaStateFragment): string {
  const limit = describeAmount(quota.metric, quota.effectiveLimit);
  return t("limits.ofLimit", { used: formatAmount(quota.metric, quota.used), limit });
}

/** Which requests count, where not all do. */
function Scope(props: { quota: QuotaStateFragment }) {
  return (
    <Show when={props.quota.provider ?? props.quota.modelPattern}>
      <span class="text-sm text-muted">
        {t("common.appliesTo")}{" "}
        <Show when={props.quota.provider}>{(kind) => <>{providerName(kind())}</>}</Show>{" "}
        <Show when={props.quota.modelPattern}>{(pattern) => <Code>{pattern()}</Code>}</Show>
      </span>
    </Show>
  );
}

/** The temporary increase of the limit: how much, until when and why. */
function Raise(props: { quota: QuotaStateFragment }) {
  return (
    <Show when={props.quota.raise}>
      {(raise) => (
        <p class="text-sm text-muted">
          {t("limits.raised", {
            amount: describeAmount(props.quota.metric, raise().amount),
            until: formatMoment(raise().until),
            reason: raise().reason,
          })}
        </p>
      )}
    </Show>
  );
}

function Badges(props: { quota: QuotaStateFragment }) {
  return (
    <>
      <Show when={props.quota.usedPercent >= 100}>
        <Badge tone="bad">{t("common.limitReached")}</Badge>
      </Show>
      <Show when={props.quota.usedPercent < 100 && props.quota.warningPercent}>
        <Badge tone="warn">{t("limits.warned")}</Badge>
      </Show>
      <Show when={props.quota.strict}>
        <Badge tone="plain" title={t("limits.strictHint")}>
          {t("limits.strict")}
        </Badge>
      </Show>
      <Show when={props.quota.unpriced === "REFUSE"}>
        <Badge tone="plain">{t("limits.unpricedShort.REFUSE")}</Badge>
      </Show>
      <Show when={props.quota.unpriced === "ALLOW"}>
        <Badge tone="plain">{t("limits.unpricedShort.ALLOW")}</Badge>
      </Show>
      <Show when={props.quota.freeModels === "REFUSE"}>
        <Badge tone="plain">{t("limits.freeShort")}</Badge>
      </Show>
    </>
  );
}

/** One quota in a line: what is used, of what, and until when. */
export function QuotaLine(props: { quota: QuotaMask; actions?: JSX.Element }) {
  const quota = () => readFragment(QuotaFragment, props.quota);
  const window = () => describeWindow(quota().window, quota().rollingSeconds);
  return (
    <li class="flex flex-col gap-1.5 py-3 first:pt-0 last:pb-0">
      <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <p class="flex flex-wrap items-center gap-2">
          <span class="font-medium">
            {t("limits.inWindow", { amount: usedOfLimit(quota()), window: window() })}
          </span>
          <Badges quota={quota()} />
        </p>
        {props.actions}
      </div>
      <Meter label={window()} percent={quota().usedPercent} valueText={usedOfLimit(quota())} />
      <p class="flex flex-wrap justify-between gap-x-4 text-sm text-muted">
        <span>
          {t("limits.left", { amount: describeAmount(quota().metric, quota().remaining) })}
          <Show when={Number(quota().reserved) > 0}>
            {", "}
            {t("limits.reserved", { amount: formatAmount(quota().metric, quota().reserved) })}
          </Show>
        </span>
        <Resets at={quota().resetsAt} window={quota().window} />
      </p>
      <Raise quota={quota()} />
      <Scope quota={quota()} />
    </li>
  );
}

/** The fullest quota as a ring, and the others below it. */
export function QuotaSummary(props: { quotas: readonly QuotaMask[]; empty: JSX.Element }) {
  const sorted = () =>
    props.quotas.toSorted((left, right) => {
      const percent = (mask: QuotaMask) => readFragment(QuotaFragment, mask).usedPercent;
      return percent(right) - percent(left);
    });
  const fullest = () => {
    const [first] = sorted();
    return first && readFragment(QuotaFragment, first);
  };
  return (
    <Show when={fullest()} fallback={props.empty}>
      {(quota) => (
        <div class="flex flex-col gap-5">
          <div class="flex flex-wrap items-center gap-x-6 gap-y-4">
            <Ring
              label={t("limits.used")}
              percent={quota().usedPercent}
              value={formatShare(quota().usedPercent / 100)}
              valueText={usedOfLimit(quota())}
            />
            <div class="flex min-w-0 flex-col gap-1">
              <p class="flex flex-wrap items-center gap-2 text-lg font-semibold">
                {t("limits.inWindow", {
                  amount: usedOfLimit(quota()),
                  window: describeWindow(quota().window, quota().rollingSeconds),
                })}
                <Badges quota={quota()} />
              </p>
              <p class="text-sm text-muted">
                <Resets at={quota().resetsAt} window={quota().window} />
              </p>
              <Raise quota={quota()} />
              <Scope quota={quota()} />
            </div>
          </div>
          <Show when={sorted().length > 1}>
            <ul class="flex flex-col divide-y divide-line border-t border-line pt-4">
              <For each={sorted().slice(1)}>{(each) => <QuotaLine quota={each} />}</For>
            </ul>
          </Show>
        </div>
      )}
    </Show>
  );
}
