// uPlot draws; everything that is a word, a link or a colour comes from outside. Loaded only with a chart.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { resolveColours } from "./palette";
import { type ChartMark, type ChartSeries, labelledPoints, stackUp } from "./stack";

/** The data of a plot and how to format it. */
export type PlotOptions = {
  kind: "bars" | "areas";
  series: readonly ChartSeries[];
  isHidden: (key: string) => boolean;
  points: number;
  /** Plots with the same group share their crosshair. */
  group: string;
  height: number;
  labelPoint: (index: number) => string;
  /** The hour of the day of a point that begins at a full hour, where points are hours. */
  hourAt: ((index: number) => number | undefined) | undefined;
  labelValue: (value: number) => string;
  /** A value that a dashed line marks, with its label in the legend. */
  mark?: ChartMark | undefined;
  onPoint: (index: number | undefined) => void;
};

/** A plot that is mounted in the page. */
export type Plot = {
  /** Puts the crosshair on a point. */
  moveTo: (index: number) => void;
  destroy: () => void;
};

const PIXELS_PER_LABEL = 84;
const AXIS_WIDTH = 62;
const AXIS_HEIGHT = 30;

function shape(kind: PlotOptions["kind"]): uPlot.Series.PathBuilder | undefined {
  if (kind === "bars") return uPlot.paths.bars?.({ size: [0.82, 56], radius: 0 });
  return uPlot.paths.linear?.();
}

/** One, two and five with noughts: in between, short labels would be rounded and lie. */
const STEPS = Array.from({ length: 25 }, (_, power) =>
  [1, 2, 5].map((digit) => Number(`${digit}e${power - 9}`)),
).flat();

function axes(options: PlotOptions, ink: string, line: string): uPlot.Axis[] {
  const font = '12px "Inter Variable", "Inter Fallback", ui-sans-serif, system-ui, sans-serif';
  const shared = { stroke: ink, font, ticks: { show: false } };
  return [
    {
      ...shared,
      size: AXIS_HEIGHT,
      grid: { show: false },
      splits: (plot) =>
        labelledPoints(
          options.points,
          plot.bbox.width / devicePixelRatio,
          PIXELS_PER_LABEL,
          options.hourAt,
        ),
      values: (_, splits) => splits.map((index) => options.labelPoint(index)),
    },
    {
      ...shared,
      incrs: STEPS,
      size: AXIS_WIDTH,
      grid: { stroke: line, width: 1 },
      values: (_, splits) => splits.map((value) => options.labelValue(value)),
    },
  ];
}

/** Draws the marked value over the bars, with a seam that separates it from them. */
function drawMark(plot: uPlot, value: number, ink: string, panel: string) {
  const { ctx, bbox } = plot;
  const at = Math.round(plot.valToPos(value, "y", true));
  ctx.save();
  for (const [colour, width, dash] of [
    [panel, 4, []],
    [ink, 2, [6, 4]],
  ] as const) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width * devicePixelRatio;
    ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(bbox.left, at);
    ctx.lineTo(bbox.left + bbox.width, at);
    ctx.stroke();
  }
  ctx.restore();
}

function describe(options: PlotOptions, host: HTMLElement, width: number): uPlot.Options {
  const names = options.series.map((part) => part.colour);
  const [ink = "", line = "", panel = "", ...fills] = resolveColours(
    ["--color-muted", "--color-line", "--color-panel", ...names],
    host,
  );
  return {
    width,
    height: options.height,
    padding: [12, 8, 0, 0],
    legend: { show: false },
    cursor: {
      points: { show: false },
      drag: { x: false, y: false },
      y: false,
      sync: { key: options.group, scales: ["x", null] },
    },
    scales: {
      x: { time: false, range: () => [-0.5, options.points - 0.5] },
      y: {
        range: (_, __, max) => {
          const most = Math.max(max, options.mark?.value ?? 0);
          return [0, most > 0 ? most * 1.06 : 1];
        },
      },
    },
    axes: axes(options, ink, line),
    series: [
      {},
      // The tallest is drawn first, below the others.
      ...options.series
        .map((part, index) => ({
          label: part.label,
          fill: fills[index],
          // A thin seam separates neighbours without relying on colour.
          stroke: panel,
          width: 1,
          paths: shape(options.kind),
          points: { show: false },
        }))
        .reverse(),
    ],
    hooks: {
      setCursor: [(plot) => options.onPoint(plot.cursor.idx ?? undefined)],
      draw: [(plot) => options.mark && drawMark(plot, options.mark.value, ink, panel)],
    },
  };
}

/** Draws a chart into an element, and again whenever the element's width changes. */
export function createPlot(host: HTMLElement, options: PlotOptions): Plot {
  const xs = Array.from({ length: options.points }, (_, index) => index);
  const tops = stackUp(options.series, options.isHidden).reverse();
  const data = [xs, ...tops] as uPlot.AlignedData;
  const plot = new uPlot(describe(options, host, host.clientWidth || 600), data, host);
  const watcher = new ResizeObserver(() => {
    if (host.clientWidth > 0 && host.clientWidth !== plot.width)
      plot.setSize({ width: host.clientWidth, height: options.height });
  });
  watcher.observe(host);
  return {
    moveTo: (index) => plot.setCursor({ left: plot.valToPos(index, "x"), top: 0 }),
    destroy() {
      watcher.disconnect();
      plot.destroy();
    },
  };
}
