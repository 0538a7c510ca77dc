import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { LimitKind, QuotaMetric, RejectionFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { Code } from "../../ui/Code";
import { Fact } from "../../ui/Facts";
import { Meter } from "../../ui/Meter";
import { Time } from "../../ui/Moment";
import { providerName } from "../../ui/providers";
import { describeAmount, describeWindow, formatAmount } from "../../ui/quotaAmounts";

const RejectionFragmentDocument = graphql(`
  fragment Rejection on Request {
    rejectedBy {
      kind
      scope
      limit
      used
      reserved
      needed
      resetsAt
      window
      rollingSeconds
      timezone
      provider
      modelPattern
    }
  }
`);

type Rejection = NonNullable<RejectionFragment["rejectedBy"]>;

const METRICS: Record<LimitKind, QuotaMetric> = {
  REQUESTS_PER_MINUTE: "REQUESTS",
  TOKENS_PER_MINUTE: "TOKENS",
  CONCURRENT_REQUESTS: "REQUESTS",
  CONCURRENT_SOCKETS: "REQUESTS",
  QUOTA_TOKENS: "TOKENS",
  QUOTA_COST: "COST",
  QUOTA_REQUESTS: "REQUESTS",
};

/** The limit that rejected a request, as it was then. */
export function RejectedBy(props: { request: FragmentType<typeof RejectionFragmentDocument> }) {
  const limit = () => readFragment(RejectionFragmentDocument, props.request).rejectedBy;
  return <Show when={limit()}>{(known) => <Limit limit={known()} />}</Show>;
}

function Limit(props: { limit: Rejection }) {
  const metric = () => METRICS[props.limit.kind];
  const name = () => {
    const window = props.limit.window;
    const kind = t(`requests.limits.${props.limit.kind}`);
    if (!window) return kind;
    const period = describeWindow(window, props.limit.rollingSeconds);
    return t("limits.inWindow", { amount: kind, window: period });
  };
  const used = () =>
    t("limits.ofLimit", {
      used: formatAmount(metric(), props.limit.used),
      limit: formatAmount(metric(), props.limit.limit),
    });
  const percent = () =>
    (100 * Number(props.limit.used)) / Math.max(1e-9, Number(props.limit.limit));
  return (
    <div class="flex flex-col gap-3 rounded-lg border border-line p-3">
      <p class="flex flex-wrap items-baseline justify-between gap-x-4">
        <span class="font-medium">{name()}</span>
        <span class="text-sm text-muted">{t(`requests.scopes.${props.limit.scope}`)}</span>
      </p>
      <Meter label={name()} percent={percent()} valueText={used()} />
      <dl class="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3">
        <Fact name={t("limits.used")}>{used()}</Fact>
        <Show when={Number(props.limit.reserved) > 0}>
          <Fact name={t("requests.reserved")}>{formatAmount(metric(), props.limit.reserved)}</Fact>
        </Show>
        <Show when={props.limit.needed}>
          {(needed) => (
            <Fact name={t("requests.needed")}>{describeAmount(metric(), needed())}</Fact>
          )}
        </Show>
        <Fact name={t("requests.resets")}>
          <Show when={props.limit.resetsAt} fallback={t("common.resetsNever")}>
            {(at) => <Time at={at()} />}
          </Show>
          <Show when={props.limit.timezone}>
            {(zone) => (
              <span class="block text-sm font-normal text-muted">
                {t("requests.calendarZone", { zone: zone() })}
              </span>
            )}
          </Show>
        </Fact>
        <Show when={props.limit.provider}>
          {(kind) => <Fact name={t("common.provider")}>{providerName(kind())}</Fact>}
        </Show>
        <Show when={props.limit.modelPattern}>
          {(pattern) => (
            <Fact name={t("requests.columns.model")}>
              <Code>{pattern()}</Code>
            </Fact>
          )}
        </Show>
      </dl>
    </div>
  );
}
