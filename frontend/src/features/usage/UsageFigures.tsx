import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { UsageFiguresQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import {
  exactUsd,
  formatCompact,
  formatDuration,
  formatShare,
  formatUsd,
  formatWhole,
  usdNumber,
} from "../../lib/format";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Figure, Figures } from "../../ui/Figure";
import { Loading } from "../../ui/Loading";
import { Unknown } from "../../ui/Unknown";
import { UnpricedNote } from "../../ui/UnpricedNote";
import { describeChange } from "./change";
import type { UsageChoices } from "./createUsageSearch";

const UsageFiguresQueryDocument = graphql(`
  query UsageFigures($range: UsageRange, $filter: UsageFilter, $zone: String!) {
    usage(range: $range, filter: $filter, timezone: $zone) {
      totals {
        requests
        failed
        rejected
        cost
        unpriced
        assumed
        estimated
        unknown
        averageDurationMs
        tokens {
          input
          cacheRead
          cacheWrite
          total
        }
      }
      previous {
        totals {
          requests
          cost
          tokens {
            total
          }
        }
      }
      latency {
        duration {
          p50Ms
          p95Ms
          p99Ms
        }
        timeToFirstByte {
          p95Ms
        }
      }
    }
  }
`);

type Answer = UsageFiguresQuery["usage"];
type Totals = Answer["totals"];

/** The sums of the period, and their reliability. */
export function UsageFigures(props: { choices: UsageChoices }) {
  const [answer] = createQuery({
    query: UsageFiguresQueryDocument,
    variables: () => ({
      range: props.choices.range(),
      filter: props.choices.filter(),
      zone: props.choices.zone(),
    }),
  });
  return (
    <>
      <ErrorNotice error={answer.error} />
      <Show when={answer.data?.usage} fallback={<Show when={!answer.error}>{<Loading />}</Show>}>
        {(usage) => <Sums usage={usage()} />}
      </Show>
    </>
  );
}

function Sums(props: { usage: Answer }) {
  const totals = () => props.usage.totals;
  const previous = () => props.usage.previous.totals;
  const part = (value: number, whole: number) => formatShare(whole > 0 ? value / whole : 0);
  const read = () => totals().tokens.input + totals().tokens.cacheRead + totals().tokens.cacheWrite;
  return (
    <Figures>
      <Figure
        name={t("usage.measures.requests")}
        note={
          <>
            <Compared now={totals().requests} before={previous().requests} />
            {t("usage.failed", { share: part(totals().failed, totals().requests) })}
            <Show when={totals().rejected > 0}>
              <span class="block">{t("usage.rejected", { count: totals().rejected })}</span>
            </Show>
          </>
        }
      >
        {formatWhole(totals().requests)}
      </Figure>
      <Figure
        name={t("usage.measures.tokens")}
        title={formatWhole(totals().tokens.total)}
        note={
          <>
            <Compared now={totals().tokens.total} before={previous().tokens.total} />
            <span class="block">
              {t("usage.cached", { share: part(totals().tokens.cacheRead, read()) })}
            </span>
            <Trust totals={totals()} />
          </>
        }
      >
        {formatCompact(totals().tokens.total)}
      </Figure>
      <Figure
        name={t("usage.measures.cost")}
        title={exactUsd(totals().cost)}
        note={
          <>
            <Compared now={usdNumber(totals().cost)} before={usdNumber(previous().cost)} />
            <UnpricedNote totals={totals()} fallback={t("usage.allPriced")} />
          </>
        }
      >
        {formatUsd(totals().cost)}
      </Figure>
      <Figure name={t("common.avgLatency")} note={<Latency latency={props.usage.latency} />}>
        <Show when={totals().averageDurationMs !== null} fallback={<Unknown />}>
          {formatDuration(totals().averageDurationMs ?? 0)}
        </Show>
      </Figure>
    </Figures>
  );
}

function Compared(props: { now: number; before: number }) {
  return (
    <span class="block">
      {t("usage.compared", { change: describeChange(props.now, props.before) })}
    </span>
  );
}

function Latency(props: { latency: Answer["latency"] }) {
  return (
    <>
      <Show when={props.latency.duration}>
        {(duration) => (
          <span class="block">
            {t("usage.percentiles", {
              p50: formatDuration(duration().p50Ms),
              p95: formatDuration(duration().p95Ms),
              p99: formatDuration(duration().p99Ms),
            })}
          </span>
        )}
      </Show>
      <Show when={props.latency.timeToFirstByte}>
        {(first) => (
          <span class="block">{t("usage.firstByte", { p95: formatDuration(first().p95Ms) })}</span>
        )}
      </Show>
    </>
  );
}

function Trust(props: { totals: Totals }) {
  const isExact = () => props.totals.estimated + props.totals.unknown === 0;
  return (
    <Show when={!isExact()} fallback={t("usage.exactCounts")}>
      <Show when={props.totals.estimated > 0}>
        <span class="block">{t("usage.estimated", { count: props.totals.estimated })}</span>
      </Show>
      <Show when={props.totals.unknown > 0}>
        <span class="block text-warn">{t("usage.untold", { count: props.totals.unknown })}</span>
      </Show>
    </Show>
  );
}
