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
} from "../../lib/format";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Figure, Figures } from "../../ui/Figure";
import { Loading } from "../../ui/Loading";
import { Unknown } from "../../ui/Unknown";
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
    }
  }
`);

type Totals = UsageFiguresQuery["usage"]["totals"];

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
      <Show
        when={answer.data?.usage.totals}
        fallback={<Show when={!answer.error}>{<Loading />}</Show>}
      >
        {(totals) => <Sums totals={totals()} />}
      </Show>
    </>
  );
}

function Sums(props: { totals: Totals }) {
  const part = (value: number, whole: number) => formatShare(whole > 0 ? value / whole : 0);
  const read = () =>
    props.totals.tokens.input + props.totals.tokens.cacheRead + props.totals.tokens.cacheWrite;
  return (
    <Figures>
      <Figure
        name={t("usage.measures.requests")}
        note={
          <>
            {t("usage.failed", { share: part(props.totals.failed, props.totals.requests) })}
            <Show when={props.totals.rejected > 0}>
              <span class="block">{t("usage.rejected", { count: props.totals.rejected })}</span>
            </Show>
          </>
        }
      >
        {formatWhole(props.totals.requests)}
      </Figure>
      <Figure
        name={t("usage.measures.tokens")}
        title={formatWhole(props.totals.tokens.total)}
        note={
          <>
            <span class="block">
              {t("usage.cached", { share: part(props.totals.tokens.cacheRead, read()) })}
            </span>
            <Trust totals={props.totals} />
          </>
        }
      >
        {formatCompact(props.totals.tokens.total)}
      </Figure>
      <Figure
        name={t("usage.measures.cost")}
        title={exactUsd(props.totals.cost)}
        note={
          <Show when={props.totals.unpriced > 0} fallback={t("usage.allPriced")}>
            <span class="text-warn">{t("common.unpriced", { count: props.totals.unpriced })}</span>
          </Show>
        }
      >
        {formatUsd(props.totals.cost)}
      </Figure>
      <Figure name={t("common.avgLatency")}>
        <Show when={props.totals.averageDurationMs !== null} fallback={<Unknown />}>
          {formatDuration(props.totals.averageDurationMs ?? 0)}
        </Show>
      </Figure>
    </Figures>
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
