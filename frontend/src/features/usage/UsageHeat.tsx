import { createQuery } from "@urql/solid";
import { createMemo, createSignal, For, Match, Show, Switch } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatWhole, weekdayName } from "../../lib/format";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { Cell, Head, Table } from "../../ui/Table";
import { notify } from "../../ui/Toaster";
import type { UsageChoices } from "./createUsageSearch";
import { HeatGrid } from "./HeatGrid";
import { type HeatCell, heatMap } from "./heat";
import { hourlyRange } from "./range";
import { longName } from "./series";

const UsageByHourQuery = graphql(`
  query UsageByHour($range: UsageRange, $filter: UsageFilter, $zone: String!) {
    usage(range: $range, filter: $filter, timezone: $zone) {
      series(bucket: HOUR) {
        from
        to
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
    const counts = points.map(({ from, to, totals }) => ({ from, to, requests: totals.requests }));
    return heatMap(counts, props.choices.zone());
  });
  const nameHour = (from: string) => longName({ from }, "HOUR", props.choices.zone());
  function choose({ busiest }: HeatCell) {
    if (!busiest) return;
    props.choices.narrow(busiest);
    const period = longName(busiest, "DAY", props.choices.zone());
    notify({ tone: "ok", text: t("usage.periodChosen", { period }) });
  }
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
          <Show when={props.choices.canNarrow()}>
            <p class="mb-3 text-sm text-muted">{t("usage.heatChoose")}</p>
          </Show>
          <HeatGrid
            map={map()}
            nameHour={nameHour}
            onChoose={props.choices.canNarrow() ? choose : undefined}
          />
        </Match>
      </Switch>
    </Panel>
  );
}

type HeatProps = { map: HeatCell[][] };

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
            <For each={row}>{({ requests }) => <Cell number>{formatWhole(requests)}</Cell>}</For>
          </tr>
        )}
      </For>
    </Table>
  );
}
