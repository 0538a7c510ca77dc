import { expect, test } from "vitest";
import { labelledPoints, stackUp, totalAt } from "./stack";

const series = [
  { key: "a", label: "A", colour: "--a", values: [1, 2] },
  { key: "b", label: "B", colour: "--b", values: [10, 20] },
  { key: "c", label: "C", colour: "--c", values: [100, 200] },
];

test("each part stands on those before it", () => {
  expect(stackUp(series, () => false)).toEqual([
    [1, 2],
    [11, 22],
    [111, 222],
  ]);
  expect(totalAt(series, 1)).toBe(222);
});

test("what is hidden leaves no gap", () => {
  expect(stackUp(series, (key) => key === "b")).toEqual([
    [1, 2],
    [null, null],
    [101, 202],
  ]);
});

test("an axis is labelled only as often as there is room", () => {
  expect(labelledPoints(30, 840, 84)).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
  expect(labelledPoints(3, 100, 84)).toEqual([0]);
});

test("an axis of hours is labelled at round hours, not from wherever it begins", () => {
  // 24 hours that begin at 16:03: the first point is no full hour.
  const hourAt = (index: number) => (index === 0 ? undefined : (16 + index) % 24);
  const hours = (pixels: number) => labelledPoints(24, pixels, 84, hourAt).map(hourAt);

  expect(hours(1000)).toEqual([18, 20, 22, 0, 2, 4, 6, 8, 10, 12, 14]);
  expect(hours(340)).toEqual([18, 0, 6, 12]);
  expect(hours(100)).toEqual([0]);
});

test("an axis of hours over many days is labelled at midnights", () => {
  const labels = labelledPoints(24 * 30, 840, 84, (index) => index % 24);

  expect(labels).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24, 27].map((day) => day * 24));
});
