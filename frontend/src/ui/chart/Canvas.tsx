import { createEffect, on, onCleanup } from "solid-js";
import { t } from "../../i18n";
import { createScheme } from "./createScheme";
import type { Plot, PlotOptions } from "./plot";

type CanvasProps = Omit<PlotOptions, "isHidden" | "onPoint" | "points"> & {
  label: string;
  points: number;
  hidden: ReadonlySet<string>;
  point: number | undefined;
  onPoint: (index: number | undefined) => void;
  onChoose?: ((index: number) => void) | undefined;
  chooseHint?: string | undefined;
};

/** The plot, navigable by keyboard. */
export function Canvas(props: CanvasProps) {
  const scheme = createScheme();
  let plot: Plot | undefined;
  let host: HTMLDivElement | undefined;

  const options = (): PlotOptions => ({
    kind: props.kind,
    series: props.series,
    isHidden: (key) => props.hidden.has(key),
    points: props.points,
    group: props.group,
    height: props.height,
    labelPoint: props.labelPoint,
    hourAt: props.hourAt,
    labelValue: props.labelValue,
    mark: props.mark,
    onPoint: (index) => props.onPoint(index),
  });
  createEffect(
    on([options, scheme], ([present]) => {
      let isStale = false;
      void import("./plot").then(({ createPlot }) => {
        if (!isStale && host) plot = createPlot(host, present);
      });
      onCleanup(() => {
        isStale = true;
        plot?.destroy();
        plot = undefined;
      });
    }),
  );

  function choose() {
    if (props.point !== undefined) props.onChoose?.(props.point);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Enter") return choose();
    const last = props.points - 1;
    const at = props.point ?? last + 1;
    const wanted = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    plot?.moveTo(Math.min(last, Math.max(0, wanted)));
  }

  return (
    <div
      ref={host}
      role="img"
      tabindex="0"
      aria-label={[props.label, props.mark?.label, t("chart.keys"), props.chooseHint]
        .filter(Boolean)
        .join(". ")}
      title={props.chooseHint}
      onKeyDown={onKeyDown}
      onClick={choose}
      class="min-w-0 rounded-md"
      classList={{ "cursor-pointer": props.onChoose !== undefined }}
      style={{ height: `${props.height}px` }}
    />
  );
}
