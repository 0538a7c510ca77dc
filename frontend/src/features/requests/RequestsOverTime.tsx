import type { CombinedError } from "@urql/core";
import { createQuery } from "@urql/solid";
import { createMemo, type JSX, Show } from "solid-js";
import { errorCode } from "../../graphql/errors";
import { graphql, readFragment } from "../../graphql/generated";
import type { RequestFilter, RequestsOverTimeFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import {
  exactUsd,
  formatCompact,
  formatMoment,
  formatPart,
  formatUsd,
  formatWhole,
} from "../../lib/format";
import { formatIn, fullHour, ownZone } from "../../lib/zone";
import { StackedChart } from "../../ui/chart/StackedChart";
import type { ChartSeries } from "../../ui/chart/stack";
import { ErrorNotice } from "../../ui/ErrorNotice";

/** The fields of the chart above a list of requests. */
const RequestsOverTimeDocument = graphql(`
  fragment RequestsOverTime on RequestHistogram {
    from
    to
    intervalSeconds
    complete
    buckets {
      from
      to
      total
      failed
      rejected
    }
    totals {
      total
      failed
      rejected
      tokens
      cost
      unpriced
    }
  }
`);

const RequestHistogramQuery = graphql(`
  query RequestHistogram($filter: RequestFilter) {
    requestHistogram(filter: $filter) {
      ...RequestsOverTime
    }
  }
`);

const OwnRequestHistogramQuery = graphql(`
  query OwnRequestHistogram($filter: RequestFilter) {
    viewer {
      __typename
      ... on KeyHolder {
        requestHistogram(filter: $filter) {
          ...RequestsOverTime
        }
      }
    }
  }
`);

const DAY_SECONDS = 86_400;
/** From this length on, ranges have enough full hours for the axis. */
const HOURLY_SECONDS = 600;
const HEIGHT = 120;

type Histogram = RequestsOverTimeFragment;
type Range = { from: string; to: string };

type OverTimeProps = { filter: RequestFilter; onChoose: (range: Range) => void };

/** The requests of a filter over time, kept up to date. */
export function FilteredRequestsOverTime(props: OverTimeProps) {
  const [answer, ask] = createQuery({
    query: RequestHistogramQuery,
    variables: () => ({ filter: props.filter }),
  });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  const histogram = createMemo<Histogram | undefined>((before) => {
    const data = answer.data?.requestHistogram;
    return data ? readFragment(RequestsOverTimeDocument, data) : before;
  });
  return <Frame {...props} error={answer.error} histogram={histogram()} />;
}

/** The requests of an end user over time, kept up to date. */
export function OwnRequestsOverTime(props: OverTimeProps) {
  const [answer, ask] = createQuery({
    query: OwnRequestHistogramQuery,
    variables: () => ({ filter: props.filter }),
  });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  const histogram = createMemo<Histogram | undefined>((before) => {
    const viewer = answer.data?.viewer;
    const data = viewer && "requestHistogram" in viewer ? viewer.requestHistogram : undefined;
    return data ? readFragment(RequestsOverTimeDocument, data) : before;
  });
  return <Frame {...props} error={answer.error} histogram={histogram()} />;
}

function Frame(
  props: OverTimeProps & { error: CombinedError | undefined; histogram: Histogram | undefined },
) {
  // The list below shows what fails for both: a lost connection, an ended session.
  const error = () => {
    const code = errorCode(props.error);
    return code === undefined || code === "UNAUTHENTICATED" ? undefined : props.error;
  };
  return (
    <div class="min-h-56 border-b border-line px-4 py-3 sm:px-5">
      <ErrorNotice error={error()} />
      <Show when={props.histogram}>
        {(known) => (
          <RequestsOverTime
            histogram={known()}
            isLastDay={!props.filter.from && !props.filter.to}
            onChoose={props.onChoose}
          />
        )}
      </Show>
    </div>
  );
}

function rangeName(range: Range): string {
  return `${formatMoment(range.from)} – ${formatMoment(range.to)}`;
}

function seriesOf(histogram: Histogram): ChartSeries[] {
  const values = (count: (bucket: Histogram["buckets"][number]) => number) =>
    histogram.buckets.map(count);
  return [
    {
      key: "succeeded",
      label: t("requests.over.succeeded"),
      colour: "--color-ok-mark",
      values: values(({ total, failed, rejected }) => total - failed - rejected),
    },
    {
      key: "rejected",
      label: t("requests.over.rejected"),
      colour: "--color-warn-mark",
      values: values(({ rejected }) => rejected),
    },
    {
      key: "failed",
      label: t("requests.over.failed"),
      colour: "--color-bad-mark",
      values: values(({ failed }) => failed),
    },
  ];
}

/** Requests over time: how many succeeded, failed and were rejected, with their totals. */
function RequestsOverTime(props: {
  histogram: Histogram;
  /** Without a range in the filter. */
  isLastDay: boolean;
  onChoose: (range: Range) => void;
}) {
  const zone = ownZone();
  const buckets = () => props.histogram.buckets;
  const isDays = () => props.histogram.intervalSeconds >= DAY_SECONDS;
  const short = (index: number) => {
    const bucket = buckets()[index];
    if (!bucket) return "";
    const at = new Date(bucket.from);
    if (isDays()) return formatIn(zone, at, { day: "numeric", month: "short" });
    return formatIn(zone, at, { hour: "2-digit", minute: "2-digit" });
  };
  const hourAt = (index: number) => {
    const bucket = buckets()[index];
    if (!bucket || props.histogram.intervalSeconds < HOURLY_SECONDS || isDays()) return undefined;
    return fullHour(new Date(bucket.from), zone);
  };
  const name = (index: number) => {
    const bucket = buckets()[index];
    return bucket ? rangeName(bucket) : "";
  };
  const choose = (index: number) => {
    const bucket = buckets()[index];
    if (bucket) props.onChoose({ from: bucket.from, to: bucket.to });
  };
  return (
    <section class="flex flex-col gap-2">
      <Totals
        histogram={props.histogram}
        range={props.isLastDay ? t("requests.over.lastDay") : rangeName(props.histogram)}
      />
      <StackedChart
        label={t("requests.over.title")}
        series={seriesOf(props.histogram)}
        points={buckets().length}
        labelPoint={short}
        hourAt={hourAt}
        namePoint={name}
        labelValue={formatCompact}
        describeValue={formatWhole}
        height={HEIGHT}
        onChoose={choose}
        chooseHint={t("requests.over.chooseHint")}
      />
    </section>
  );
}

function Totals(props: { histogram: Histogram; range: string }) {
  const totals = () => props.histogram.totals;
  const share = (count: number) => formatPart(count / Math.max(1, totals().total));
  return (
    <dl class="flex flex-wrap items-baseline gap-x-6 gap-y-1">
      <dt class="sr-only">{t("requests.over.range")}</dt>
      <dd class="text-sm text-muted">{props.range}</dd>
      <Total name={t("requests.title")}>{formatWhole(totals().total)}</Total>
      <Total name={t("requests.over.failed")} isBad={totals().failed > 0}>
        {formatWhole(totals().failed)} ({share(totals().failed)})
      </Total>
      <Total name={t("requests.over.rejected")}>
        {formatWhole(totals().rejected)} ({share(totals().rejected)})
      </Total>
      <Total name={t("usage.measures.tokens")} title={formatWhole(totals().tokens)}>
        {formatCompact(totals().tokens)}
      </Total>
      <Total name={t("usage.measures.cost")} title={exactUsd(totals().cost)}>
        {formatUsd(totals().cost)}
      </Total>
      <Show when={!props.histogram.complete}>
        <dd class="text-sm text-warn">{t("requests.over.incomplete")}</dd>
      </Show>
    </dl>
  );
}

function Total(props: { name: string; title?: string; isBad?: boolean; children: JSX.Element }) {
  return (
    <div class="flex items-baseline gap-1.5">
      <dt class="text-sm text-muted">{props.name}</dt>
      <dd title={props.title} class="font-semibold" classList={{ "text-bad": props.isBad }}>
        {props.children}
      </dd>
    </div>
  );
}
