import { createMemo, createSignal, Show } from "solid-js";
import { t } from "../../i18n";
import { Button } from "../Button";
import { Canvas } from "./Canvas";
import "./chart.css";
import { ChartTable } from "./ChartTable";
import { Legend, type LegendFilter } from "./Legend";
import { type ChartMark, type ChartSeries, totalAt, totalOf } from "./stack";

type StackedChartProps = {
  /** The accessible name. */
  label: string;
  kind?: "bars" | "areas";
  series: readonly ChartSeries[];
  points: number;
  /** The point's short label for the axis, and its full label. */
  labelPoint: (index: number) => string;
  namePoint: (index: number) => string;
  /** Where points are hours: the hour of the day of a point that begins at a full hour. */
  hourAt?: ((index: number) => number | undefined) | undefined;
  /** A value on the axis, and a value in the legend and the table. */
  labelValue: (value: number) => string;
  describeValue: (value: number) => string;
  /** Charts with the same group share their crosshair. */
  group?: string;
  height?: number;
  /** A value that a dashed line marks, with its label in the legend. */
  mark?: ChartMark | undefined;
  /** A point is chosen by a click or Enter. */
  onChoose?: ((index: number) => void) | undefined;
  /** Filters by a part of the legend, where that is possible. */
  filter?: LegendFilter | undefined;
  /** The effect of choosing a point. */
  chooseHint?: string | undefined;
};

const HEIGHT = 280;

/** A stacked chart over time, with a legend that toggles series and a table as an alternative. */
export function StackedChart(props: StackedChartProps) {
  const [hidden, setHidden] = createSignal<ReadonlySet<string>>(new Set());
  const [point, setPoint] = createSignal<number>();
  const [isTable, setTable] = createSignal(false);
  const shown = createMemo(() => props.series.filter((part) => !hidden().has(part.key)));

  function toggle(key: string) {
    const next = new Set(hidden());
    if (!next.delete(key)) next.add(key);
    setHidden(next);
  }
  const tell = (part: ChartSeries) => {
    const at = point();
    return props.describeValue(at === undefined ? totalOf(part) : (part.values[at] ?? 0));
  };
  const readout = () => {
    const at = point();
    if (at === undefined) return undefined;
    return `${props.namePoint(at)}: ${props.describeValue(totalAt(shown(), at))}`;
  };

  return (
    <div class="flex flex-col gap-3">
      <Show
        when={!isTable()}
        fallback={
          <ChartTable
            label={props.label}
            series={props.series}
            points={props.points}
            namePoint={props.namePoint}
            describeValue={props.describeValue}
          />
        }
      >
        <Canvas
          label={props.label}
          kind={props.kind ?? "bars"}
          series={props.series}
          points={props.points}
          hidden={hidden()}
          group={props.group ?? "alone"}
          height={props.height ?? HEIGHT}
          labelPoint={props.labelPoint}
          hourAt={props.hourAt}
          labelValue={props.labelValue}
          mark={props.mark}
          point={point()}
          onPoint={setPoint}
          onChoose={props.onChoose}
          chooseHint={props.chooseHint}
        />
      </Show>
      <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <Show when={!isTable()}>
          <Legend
            series={props.series}
            hidden={hidden()}
            tell={tell}
            onToggle={toggle}
            filter={props.filter}
            mark={props.mark?.label}
          />
        </Show>
        <div class="ml-auto flex min-h-8 min-w-0 items-center gap-2">
          <p class="min-w-0 truncate text-sm font-medium" aria-live="polite">
            {readout()}
          </p>
          <Button size="small" tone="quiet" onClick={() => setTable(!isTable())}>
            {isTable() ? t("chart.asChart") : t("common.table")}
          </Button>
        </div>
      </div>
    </div>
  );
}
