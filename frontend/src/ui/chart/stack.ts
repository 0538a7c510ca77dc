/** One part of a chart: a value for each point. */
export type ChartSeries = {
  key: string;
  label: string;
  /** A CSS custom property. */
  colour: string;
  values: readonly number[];
};

/** A value that a line marks. */
export type ChartMark = { value: number; label: string };

/** The top edge of each part when the visible parts are stacked in their order. */
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

const HOUR_STEPS = [1, 2, 3, 4, 6, 12, 24];

/** Every nth item, so that no more than `room` are left. */
function thinned(indexes: readonly number[], room: number): number[] {
  const step = Math.max(1, Math.ceil(indexes.length / room));
  return indexes.filter((_, place) => place % step === 0);
}

/**
 * At which points an axis of so many pixels has room for a label. `hourAt` gives the hour of the day of points
 * that begin at a full hour: then only round hours are labelled, such as 0, 6, 12 and 18.
 */
export function labelledPoints(
  count: number,
  pixels: number,
  perLabel: number,
  hourAt?: (index: number) => number | undefined,
): number[] {
  const room = Math.max(1, Math.floor(pixels / perLabel));
  const all = Array.from({ length: count }, (_, index) => index);
  if (!hourAt) return thinned(all, room);
  const hours = all.map(hourAt);
  const atEvery = (step: number) => all.filter((index) => (hours[index] ?? 0.5) % step === 0);
  const step = HOUR_STEPS.find((each) => atEvery(each).length <= room) ?? 24;
  const rounded = atEvery(step);
  return thinned(rounded.length > 0 ? rounded : all, room);
}
