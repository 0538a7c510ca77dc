import { A } from "@solidjs/router";
import { type JSX, Show } from "solid-js";
import type { EngineState, OverviewHealthQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import {
  exactUsd,
  formatChange,
  formatCompact,
  formatShare,
  formatUsd,
  usdNumber,
} from "../../lib/format";
import { Sparkline } from "../../ui/chart/Sparkline";
import { Figure, Figures } from "../../ui/Figure";
import { Ago } from "../../ui/Moment";
import { Unknown } from "../../ui/Unknown";
import { UnpricedNote } from "../../ui/UnpricedNote";
import { type OverviewState, tokensPerMinute } from "./createOverview";

type Part = { overview: OverviewState };
type Tone = "warn" | "bad";

/** How bad the error rate is, by the server's rule; undefined while it is low. */
function errorTone({ errorRate, health }: OverviewHealthQuery): Tone | undefined {
  const [alert] = errorRate.nodes;
  if (alert) return alert.severity === "CRITICAL" ? "bad" : "warn";
  return health.isFailing ? "warn" : undefined;
}

const LIGHTS: Record<EngineState, string> = {
  RUNNING: "bg-ok",
  STARTING: "bg-info",
  BACKING_OFF: "bg-warn",
  STOPPED: "bg-line-strong",
  FAILED: "bg-bad",
};

const FAILING = { ok: LIGHTS.RUNNING, warn: "bg-warn", bad: "bg-bad" } as const;
const NOTES = { warn: "font-medium text-warn", bad: "font-medium text-bad" } as const;

/** Health, active users, and the cost of today and of this month. */
export function Vitals(props: Part) {
  return (
    <Figures>
      <EngineFigure overview={props.overview} />
      <NowFigure overview={props.overview} />
      <TodayFigure overview={props.overview} />
      <MonthFigure overview={props.overview} />
    </Figures>
  );
}

function EngineFigure(props: Part) {
  const engine = () => props.overview.sums()?.engine;
  const hour = () => props.overview.sums()?.hour.totals;
  const tone = () => {
    const health = props.overview.health();
    return health && errorTone(health);
  };
  // Not green while requests fail.
  const light = (state: EngineState) =>
    state === "RUNNING" ? FAILING[tone() ?? "ok"] : LIGHTS[state];
  const errors = () => {
    const totals = hour();
    if (!totals || totals.requests === 0) return t("overview.noTraffic");
    return t("overview.errorRate", { share: formatShare(totals.failed / totals.requests) });
  };
  return (
    <Figure
      name={t("shell.places.engine")}
      note={
        <>
          <span class={`block ${tone() ? NOTES[tone() ?? "warn"] : ""}`}>{errors()}</span>
          <Show when={engine()?.lastError} fallback={<Life overview={props.overview} />}>
            {(error) => <span class="line-clamp-2 text-bad">{error()}</span>}
          </Show>
        </>
      }
    >
      <A href="/engine" class="inline-flex items-center gap-2.5 underline-offset-4 hover:underline">
        <Show when={engine()} fallback={<Unknown />}>
          {(known) => (
            <>
              <span
                aria-hidden="true"
                class={`size-3 shrink-0 rounded-full ${light(known().state)}`}
              />
              {t(`engine.states.${known().state}.label`)}
            </>
          )}
        </Show>
      </A>
    </Figure>
  );
}

function Life(props: Part) {
  const engine = () => props.overview.sums()?.engine;
  return (
    <Show when={engine()}>
      {(known) => (
        <span class="block">
          <Show when={known().startedAt}>
            {t("overview.upSince")} <Ago at={known().startedAt} /> ·{" "}
          </Show>
          {t("overview.restarts", { count: known().restarts })}
        </span>
      )}
    </Show>
  );
}

function NowFigure(props: Part) {
  const users = () => props.overview.sums()?.quarter.breakdown.length ?? 0;
  const values = () => props.overview.ticks().map((tick) => tick.sinceLast.tokens.total);
  return (
    <Figure
      name={t("overview.now")}
      note={
        <>
          <span class="block">
            {users() > 0 ? t("overview.nowUsers", { count: users() }) : t("overview.inactive")}
          </span>
          <Sparkline values={values()} label={t("overview.trend")} class="mt-1.5 h-6" />
        </>
      }
    >
      {formatCompact(tokensPerMinute(props.overview.ticks()))}
    </Figure>
  );
}

function TodayFigure(props: Part) {
  return (
    <CostFigure
      name={t("overview.today")}
      cost={props.overview.today()?.cost}
      totals={props.overview.today()}
      before={props.overview.sums()?.yesterday.totals.cost}
      period="Yesterday"
    />
  );
}

function MonthFigure(props: Part) {
  const totals = () => props.overview.sums()?.month.totals;
  return (
    <CostFigure
      name={t("overview.month")}
      cost={totals()?.cost}
      totals={totals()}
      before={props.overview.sums()?.lastMonth.totals.cost}
      period="LastMonth"
    />
  );
}

type CostFigureProps = {
  name: string;
  cost: string | undefined;
  totals: { unpriced: number; assumed: number } | undefined;
  before: string | undefined;
  /** The period of the comparison. */
  period: "Yesterday" | "LastMonth";
};

function CostFigure(props: CostFigureProps) {
  const comparison = (): JSX.Element => {
    if (props.cost === undefined || props.before === undefined) return undefined;
    const before = usdNumber(props.before);
    if (before === 0) return t(`overview.nothing${props.period}`);
    const change = formatChange((usdNumber(props.cost) - before) / before);
    return t(`overview.before${props.period}`, { change, amount: formatUsd(props.before) });
  };
  return (
    <Figure
      name={props.name}
      title={props.cost && exactUsd(props.cost)}
      note={
        <>
          <span class="block">{comparison()}</span>
          <UnpricedNote totals={props.totals} />
        </>
      }
    >
      <Show when={props.cost} fallback={<Unknown />}>
        {(cost) => formatUsd(cost())}
      </Show>
    </Figure>
  );
}
