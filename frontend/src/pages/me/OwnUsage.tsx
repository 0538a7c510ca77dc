import { useSearchParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { createMemo, For, Show } from "solid-js";
import { limitWords, QuotaSummary, RateFacts } from "../../features/limits";
import { longName, seriesByKind, shortName, usageWords } from "../../features/usage";
import { graphql } from "../../graphql/generated";
import type { OwnUsageQuery, UsageBucket, UsagePreset } from "../../graphql/generated/graphql";
import { createEvery } from "../../lib/createEvery";
import { exactUsd, formatCompact, formatShare, formatUsd, formatWhole } from "../../lib/figures";
import { formatDay, formatDuration } from "../../lib/format";
import { ownZone } from "../../lib/zone";
import { Choice } from "../../ui/Choice";
import { Code } from "../../ui/Code";
import { StackedChart } from "../../ui/chart/StackedChart";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Figure, Figures } from "../../ui/Figure";
import { Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { Panel } from "../../ui/Panel";
import { SkeletonText } from "../../ui/Skeleton";
import { Cell, Head, Table } from "../../ui/Table";
import { Unknown } from "../../ui/Unknown";
import { words } from "../words";

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
      <Figure name={words().own.requests} note={words().own.failed(formatWhole(totals().failed))}>
        {formatWhole(totals().requests)}
      </Figure>
      <Figure name={words().own.tokens}>{formatCompact(totals().tokens.total)}</Figure>
      <Figure
        name={words().own.cost}
        title={exactUsd(totals().cost)}
        note={
          <Show when={totals().unpriced > 0}>
            {words().own.unpriced(formatWhole(totals().unpriced))}
          </Show>
        }
      >
        {formatUsd(totals().cost)}
      </Figure>
      <Figure name={words().own.duration}>
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
    <Panel title={words().own.models} flush>
      <Table
        label={words().own.models}
        head={
          <>
            <Head>{usageWords().dimensions.MODEL}</Head>
            <Head number>{words().own.requests}</Head>
            <Head number>{words().own.tokens}</Head>
            <Head number>{words().own.share}</Head>
            <Head number>{words().own.cost}</Head>
          </>
        }
      >
        <For each={props.usage.breakdown}>
          {(slice) => (
            <tr>
              <Cell class="font-medium">{slice.label ?? slice.key}</Cell>
              <Cell number>{formatWhole(slice.totals.requests)}</Cell>
              <Cell number>{formatWhole(slice.totals.tokens.total)}</Cell>
              <Cell number>{share(slice.totals.tokens.total)}</Cell>
              <Cell number>{formatUsd(slice.totals.cost)}</Cell>
            </tr>
          )}
        </For>
      </Table>
    </Panel>
  );
}

function Limits(props: { own: Own }) {
  const nothing = () => <EmptyState title={limitWords().none}>{limitWords().noneMine}</EmptyState>;
  return (
    <div class="grid items-start gap-5 lg:grid-cols-2">
      <Panel title={words().own.left}>
        <QuotaSummary quotas={props.own.user.quotas} empty={nothing()} />
        <Show when={props.own.apiKey.quotas.length > 0}>
          <h3 class="mt-6 mb-4 font-semibold">{words().own.byKey(props.own.apiKey.name)}</h3>
          <QuotaSummary quotas={props.own.apiKey.quotas} empty={null} />
        </Show>
      </Panel>
      <Panel title={words().own.fast}>
        <div class="flex flex-col gap-5">
          <RateFacts rate={props.own.user.effectiveRateLimit} />
          <p class="text-muted">
            <Show when={props.own.user.allowedModels} fallback={words().own.modelsAll}>
              {(models) => (
                <>
                  {words().own.modelsSome}{" "}
                  <For each={models()}>{(model) => <Code>{model}</Code>}</For>
                </>
              )}
            </Show>
          </p>
          <Show when={props.own.apiKey.expiresAt}>
            {(at) => <Notice tone="info">{words().own.ends(formatDay(at()))}</Notice>}
          </Show>
        </div>
      </Panel>
    </div>
  );
}

/** What an end user has used and what is left. */
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

  return (
    <Page title={words().own.title} hint={words().own.hint}>
      <ErrorNotice error={answer.error} />
      <Show
        when={own()}
        fallback={
          <Panel>
            <SkeletonText ring />
          </Panel>
        }
      >
        {(known) => (
          <>
            <Limits own={known()} />
            <Panel
              title={words().own.used}
              actions={
                <Choice
                  label={words().own.range}
                  value={preset()}
                  options={PRESETS.map((value) => ({ value, label: usageWords().presets[value] }))}
                  onChoose={(range) => setSearch({ range }, { replace: true, scroll: false })}
                />
              }
            >
              <div class="flex flex-col gap-5">
                <Sums usage={known().user.usage} />
                <StackedChart
                  label={words().own.used}
                  series={seriesByKind(points(), "tokens")}
                  points={points().length}
                  labelPoint={(index) => shortName(points()[index], bucket(), zone)}
                  namePoint={(index) => longName(points()[index], bucket(), zone)}
                  labelValue={formatCompact}
                  tellValue={formatWhole}
                />
              </div>
            </Panel>
            <Models usage={known().user.usage} />
          </>
        )}
      </Show>
    </Page>
  );
}
