import { For, Show } from "solid-js";
import { t } from "../../i18n";
import { Cell, Head, Table } from "../Table";
import { type ChartSeries, totalAt } from "./stack";

type ChartTableProps = {
  label: string;
  series: readonly ChartSeries[];
  points: number;
  namePoint: (index: number) => string;
  describeValue: (value: number) => string;
};

/** The data of a chart as a table. */
export function ChartTable(props: ChartTableProps) {
  const isSum = () => props.series.length > 1;
  const indexes = () => Array.from({ length: props.points }, (_, index) => index).reverse();
  return (
    <div class="-mx-4 max-h-96 overflow-y-auto sm:-mx-5">
      <Table
        label={props.label}
        head={
          <>
            <Head>{t("common.time")}</Head>
            <Show when={isSum()}>
              <Head number>{t("chart.total")}</Head>
            </Show>
            <For each={props.series}>{(part) => <Head number>{part.label}</Head>}</For>
          </>
        }
      >
        <For each={indexes()}>
          {(index) => (
            <tr>
              <Cell class="whitespace-nowrap">{props.namePoint(index)}</Cell>
              <Show when={isSum()}>
                <Cell number class="font-medium">
                  {props.describeValue(totalAt(props.series, index))}
                </Cell>
              </Show>
              <For each={props.series}>
                {(part) => <Cell number>{props.describeValue(part.values[index] ?? 0)}</Cell>}
              </For>
            </tr>
          )}
        </For>
      </Table>
    </div>
  );
}
