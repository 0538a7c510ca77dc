import { useSearchParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { createMemo, For, Show } from "solid-js";
import { OwnAlertAddress } from "../../features/alertAddress";
import { createOwnShares, OwnShares } from "../../features/shares";
import { hoursOf, longName, seriesByKind, shortName } from "../../features/usage";
import { graphql } from "../../graphql/generated";
import type { OwnUsageQuery, UsageBucket, UsagePreset } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import {
  exactUsd,
  formatCompact,
  formatDay,
  formatDuration,
  formatShare,
  formatUsd,
  formatWhole,
} from "../../lib/format";
import { ownZone } from "../../lib/zone";
import { QuotaSummary, RateFacts } from "../../limits";
import { Choice } from "../../ui/Choice";
import { Code } from "../../ui/Code";
import { StackedChart } from "../../ui/chart/StackedChart";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Figure, Figures } from "../../ui/Figure";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { Panel } from "../../ui/Panel";
import { describeAmount } from "../../ui/quotaAmounts";
import { SkeletonText } from "../../ui/Skeleton";
import { Cell, Head, Table } from "../../ui/Table";
import { Unknown } from "../../ui/Unknown";
import { UnpricedNote } from "../../ui/UnpricedNote";
import { createOwnWindows, OwnWindows } from "./OwnWindows";

const OwnUsageDocument = graphql(`
  query OwnUsage($preset: UsagePreset!, $zone: String!, $bucket: UsageBucket!) {
    viewer {
      __typename
      ... on KeyHolder {
        apiKey {
          id
          name
          expiresAt
          quotas {
            id
            ...QuotaState
          }
        }
        user {
          id
          allowedModels
          quotas {
            id
            ...QuotaState
          }
          effectiveRateLimit {
            ...Rate
          }
          usage(range: { preset: $preset }, timezone: $zone) {
            totals {
              requests
              failed
              cost
              unpriced
              assumed
              averageDurationMs
              tokens {
                total
              }
            }
            breakdown(by: MODEL, orderBy: TOKENS, first: 10) {
              key
              label
              totals {
                requests
                cost
                tokens {
                  total
                }
              }
            }
            series(bucket: $bucket) {
              from
              to
              totals {
                ...Measured
                tokens {
                  input
                  cacheRead
                  cacheWrite
                  output
                  reasoning
                }
              }
              slices {
                key
                label
                provider
                totals {
                  ...Measured
                }
              }
            }
          }
        }
      }
    }
  }
`);

const PRESETS: readonly UsagePreset[] = [
  "TODAY",
  "LAST_7_DAYS",
  "LAST_30_DAYS",
  "THIS_MONTH",
  "LAST_MONTH",
];

type Own = Extract<OwnUsageQuery["viewer"], { apiKey: unknown }>;
type Usage = Own["user"]["usage"];

function Sums(props: { usage: Usage }) {
  const totals = () => props.usage.totals;
  return (
    <Figures>
      <Figure
        name={t("usage.measures.requests")}
        note={t("pages.own.failed", { count: totals().failed })}
      >
        {formatWhole(totals().requests)}
      </Figure>
      <Figure name={t("usage.measures.tokens")}>{formatCompact(totals().tokens.total)}</Figure>
      <Figure
        name={t("usage.measures.cost")}
        title={exactUsd(totals().cost)}
        note={<UnpricedNote totals={totals()} />}
      >
        {formatUsd(totals().cost)}
      </Figure>
      <Figure name={t("common.avgLatency")}>
        <Show when={totals().averageDurationMs} fallback={<Unknown />}>
          {(duration) => formatDuration(duration())}
        </Show>
      </Figure>
    </Figures>
  );
}

function Models(props: { usage: Usage }) {
  const share = (tokens: number) =>
    formatShare(tokens / Math.max(1, props.usage.totals.tokens.total));
  return (
    <Panel title={t("pages.own.models")} flush>
      <Show
        when={props.usage.breakdown.length > 0}
        fallback={<EmptyState title={t("usage.nothing")}>{t("pages.own.usageNone")}</EmptyState>}
      >
        <Table
          label={t("pages.own.models")}
          head={
            <>
              <Head>{t("usage.dimensions.MODEL")}</Head>
              <Head number>{t("usage.measures.requests")}</Head>
              <Head number class="max-sm:hidden">
                {t("usage.measures.tokens")}
              </Head>
              <Head number class="max-sm:hidden">
                {t("usage.share")}
              </Head>
              <Head number class="max-sm:hidden">
                {t("usage.measures.cost")}
              </Head>
            </>
          }
        >
          <For each={props.usage.breakdown}>
            {(slice) => (
              <tr>
                <Cell class="font-medium break-words">
                  {slice.label || slice.key || t("common.none")}
                  <span class="block text-sm font-normal text-muted sm:hidden">
                    {t("usage.phoneLine", {
                      tokens: describeAmount("TOKENS", slice.totals.tokens.total),
                      cost: formatUsd(slice.totals.cost),
                      share: share(slice.totals.tokens.total),
                    })}
                  </span>
                </Cell>
                <Cell number>{formatWhole(slice.totals.requests)}</Cell>
                <Cell number class="max-sm:hidden">
                  {formatWhole(slice.totals.tokens.total)}
                </Cell>
                <Cell number class="max-sm:hidden">
                  {share(slice.totals.tokens.total)}
                </Cell>
                <Cell number class="max-sm:hidden">
                  {formatUsd(slice.totals.cost)}
                </Cell>
              </tr>
            )}
          </For>
        </Table>
      </Show>
    </Panel>
  );
}

function Limits(props: { own: Own }) {
  const nothing = () => <EmptyState title={t("limits.none")}>{t("limits.noneMine")}</EmptyState>;
  return (
    <div class="grid items-start gap-5 lg:grid-cols-2">
      <Panel title={t("pages.own.left")}>
        <QuotaSummary quotas={props.own.user.quotas} empty={nothing()} />
        <Show when={props.own.apiKey.quotas.length > 0}>
          <h3 class="mt-6 mb-4 font-semibold">
            {t("pages.own.byKey", { key: props.own.apiKey.name })}
          </h3>
          <QuotaSummary quotas={props.own.apiKey.quotas} empty={null} />
        </Show>
      </Panel>
      <Panel title={t("limits.rate")}>
        <div class="flex flex-col gap-5">
          <RateFacts rate={props.own.user.effectiveRateLimit} />
          <p class="text-muted">
            <Show when={props.own.user.allowedModels} fallback={t("pages.own.modelsAll")}>
              {(models) => (
                <>
                  {t("pages.own.modelsSome")}{" "}
                  <For each={models()}>{(model) => <Code>{model}</Code>}</For>
                </>
              )}
            </Show>
          </p>
          <Show when={props.own.apiKey.expiresAt}>
            {(at) => <Notice tone="info">{t("pages.own.ends", { day: formatDay(at()) })}</Notice>}
          </Show>
        </div>
      </Panel>
    </div>
  );
}

/** An end user's own usage and remaining quotas. */
export default function OwnUsage() {
  const [search, setSearch] = useSearchParams<{ range?: string }>();
  const preset = () => PRESETS.find((each) => each === search.range) ?? "LAST_30_DAYS";
  const bucket = (): UsageBucket => (preset() === "TODAY" ? "HOUR" : "DAY");
  const zone = ownZone();
  const [answer, ask] = createQuery({
    query: OwnUsageDocument,
    variables: () => ({ preset: preset(), zone, bucket: bucket() }),
  });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  const own = createMemo<Own | undefined>((before) => {
    const viewer = answer.data?.viewer;
    return viewer && "apiKey" in viewer ? viewer : before;
  });
  const points = () => own()?.user.usage.series ?? [];
  const [shares, windows] = [createOwnShares(), createOwnWindows()];
  // All of it appears together: a panel that came later would move those below it.
  const known = () => (shares() && windows() ? own() : undefined);

  return (
    <Page title={t("pages.own.title")} hint={t("pages.own.hint")}>
      <ErrorNotice error={answer.error} />
      <Show
        when={known()}
        fallback={
          <Panel>
            <SkeletonText ring />
          </Panel>
        }
      >
        {(mine) => (
          <>
            <Limits own={mine()} />
            <OwnShares shares={shares() ?? []} />
            <OwnWindows windows={windows() ?? []} />
            <Panel
              title={t("pages.own.used")}
              actions={
                <Choice
                  label={t("usage.range")}
                  value={preset()}
                  options={PRESETS.map((value) => ({ value, label: t(`usage.presets.${value}`) }))}
                  onChoose={(range) => setSearch({ range }, { replace: true, scroll: false })}
                />
              }
            >
              <div class="flex flex-col gap-5">
                <Sums usage={mine().user.usage} />
                <StackedChart
                  label={t("pages.own.used")}
                  series={seriesByKind(points(), "tokens")}
                  points={points().length}
                  labelPoint={(index) => shortName(points()[index], bucket(), zone)}
                  hourAt={hoursOf(points(), bucket(), zone)}
                  namePoint={(index) => longName(points()[index], bucket(), zone)}
                  labelValue={formatCompact}
                  describeValue={formatWhole}
                />
              </div>
            </Panel>
            <Models usage={mine().user.usage} />
            <OwnAlertAddress />
          </>
        )}
      </Show>
    </Page>
  );
}
