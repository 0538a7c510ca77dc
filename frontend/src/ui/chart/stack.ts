/** One part of a chart: a value for each point. */
export type ChartSeries = {
  key: string;
  label: string;
  /** A CSS custom property. */
  colour: string;
  values: readonly number[];
};

/** The top edge of each part, when those that are shown stand on one another in their order. */
export function stackUp(series: readonly ChartSeries[], isHidden: (key: string) => boolean) {
  let floor: number[] = [];
  return series.map((part) => {
    if (isHidden(part.key)) return part.values.map(() => null);
    floor = part.values.map((value, index) => value + (floor[index] ?? 0));
    return floor;
  });
}

/** The sum of all parts at a point. */
export function totalAt(series: readonly ChartSeries[], index: number): number {
  return series.reduce((sum, part) => sum + (part.values[index] ?? 0), 0);
}

/** The sum of a part over all points. */
export function totalOf(part: ChartSeries): number {
  return part.values.reduce((sum, value) => sum + value, 0);
}

/** At which points an axis of so many pixels has room for a label. */
export function labelledPoints(count: number, pixels: number, perLabel: number): number[] {
  const room = Math.max(1, Math.floor(pixels / perLabel));
  const step = Math.max(1, Math.ceil(count / room));
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
}
