import { createQuery } from "@urql/solid";
import { createMemo, createSignal, For, Match, Switch } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatWhole, weekdayName } from "../../lib/format";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { Cell, Head, Table } from "../../ui/Table";
import type { UsageChoices } from "./createUsageSearch";
import { heatMap } from "./heat";
import { hourlyRange } from "./range";

const UsageByHourQuery = graphql(`
  query UsageByHour($range: UsageRange, $filter: UsageFilter, $zone: String!) {
    usage(range: $range, filter: $filter, timezone: $zone) {
      series(bucket: HOUR) {
        from
        totals {
          requests
        }
      }
    }
  }
`);

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** Activity by weekday and hour. */
export function UsageHeat(props: { choices: UsageChoices }) {
  const [isTable, setTable] = createSignal(false);
  const hourly = createMemo(() => hourlyRange(props.choices.range()));
  const [answer] = createQuery({
    query: UsageByHourQuery,
    variables: () => ({
      range: hourly().range,
      filter: props.choices.filter(),
      zone: props.choices.zone(),
    }),
  });
  const map = createMemo(() => {
    const points = answer.data?.usage.series ?? [];
    const counts = points.map(({ from, totals }) => ({ from, requests: totals.requests }));
    return heatMap(counts, props.choices.zone());
  });
  return (
    <Panel
      title={t("usage.heat")}
      hint={t("usage.heatHint", { days: hourly().isCut ? t("usage.lastDays") : t("usage.whole") })}
      actions={
        <Button size="small" tone="quiet" onClick={() => setTable(!isTable())}>
          {isTable() ? t("usage.map") : t("common.table")}
        </Button>
      }
    >
      <Switch fallback={<Loading />}>
        <Match when={answer.error}>
          <ErrorNotice error={answer.error} />
        </Match>
        <Match when={answer.data && isTable()}>
          <HeatTable map={map()} />
        </Match>
        <Match when={answer.data}>
          <HeatGrid map={map()} />
        </Match>
      </Switch>
    </Panel>
  );
}

type HeatProps = { map: number[][] };

function hourName(hour: number): string {
  return `${String(hour).padStart(2, "0")}:00`;
}

function HeatGrid(props: HeatProps) {
  const greatest = () => Math.max(1, ...props.map.flat());
  // The scale starts visibly, so that low values are not invisible next to high ones.
  const strength = (value: number) => (value === 0 ? 0 : 15 + 85 * Math.sqrt(value / greatest()));
  return (
    <section
      tabindex="0"
      aria-label={`${t("usage.heat")}: ${t("usage.map")}`}
      class="overflow-x-auto"
    >
      <div
        aria-hidden="true"
        class="grid min-w-140 grid-cols-[2.5rem_repeat(24,minmax(0,1fr))] gap-0.5"
      >
        <For each={props.map}>
          {(row, day) => (
            <>
              <span class="self-center text-xs text-muted">{weekdayName(day())}</span>
              <For each={row}>
                {(value, hour) => (
                  <span
                    title={t("usage.heatCell", {
                      day: weekdayName(day()),
                      hour: hourName(hour()),
                      value: value,
                    })}
                    class="h-6 rounded-xs bg-inset"
                    style={{
                      background:
                        value > 0
                          ? `color-mix(in oklab, var(--color-accent-text) ${strength(value)}%, var(--color-inset))`
                          : undefined,
                    }}
                  />
                )}
              </For>
            </>
          )}
        </For>
        <span />
        <For each={HOURS}>
          {(hour) => <span class="text-xs text-muted">{hour % 3 === 0 ? hour : ""}</span>}
        </For>
      </div>
      <div class="sr-only">
        <HeatTable map={props.map} />
      </div>
    </section>
  );
}

function HeatTable(props: HeatProps) {
  return (
    <Table
      label={t("usage.heat")}
      head={
        <>
          <Head>{t("usage.weekday")}</Head>
          <For each={HOURS}>{(hour) => <Head number>{hour}</Head>}</For>
        </>
      }
    >
      <For each={props.map}>
        {(row, day) => (
          <tr>
            <Cell class="font-medium">{weekdayName(day())}</Cell>
            <For each={row}>{(value) => <Cell number>{formatWhole(value)}</Cell>}</For>
          </tr>
        )}
      </For>
    </Table>
  );
}
