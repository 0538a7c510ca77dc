import { expect, test } from "vitest";
import { busiestPlace, heatMap, placeAfter } from "./heat";

function hourOf(from: string, requests: number) {
  return { from, to: new Date(Date.parse(from) + 3_600_000).toISOString(), requests };
}

test("requests count for the weekday and hour that the place's own clock shows", () => {
  // A Sunday evening in London, Monday morning in Hanoi.
  const points = [hourOf("2026-11-22T20:00:00Z", 3)];

  expect(heatMap(points, "Europe/London")[6]?.[20]?.requests).toBe(3);
  expect(heatMap(points, "Asia/Ho_Chi_Minh")[0]?.[3]?.requests).toBe(3);
});

test("a cell knows its busiest hour, the latest of equals, and the map its busiest cell", () => {
  const mondays = ["2026-11-09", "2026-11-16", "2026-11-23"].map((day) => `${day}T14:00:00Z`);
  const points = mondays.map((from, week) => hourOf(from, [5, 9, 9][week] ?? 0));
  const map = heatMap([...points, hourOf("2026-11-24T08:00:00Z", 10)], "UTC");

  expect(map[0]?.[14]).toMatchObject({ requests: 23, busiest: { from: mondays[2] } });
  expect(map[0]?.[15]).toEqual({ requests: 0 });
  expect(busiestPlace(map)).toEqual({ day: 0, hour: 14 });
});

test("arrow keys stay within the map", () => {
  expect(placeAfter({ day: 0, hour: 0 }, "ArrowLeft")).toEqual({ day: 0, hour: 0 });
  expect(placeAfter({ day: 0, hour: 0 }, "ArrowDown")).toEqual({ day: 1, hour: 0 });
  expect(placeAfter({ day: 6, hour: 5 }, "ArrowDown")).toEqual({ day: 6, hour: 5 });
  expect(placeAfter({ day: 6, hour: 5 }, "End")).toEqual({ day: 6, hour: 23 });
  expect(placeAfter({ day: 6, hour: 5 }, "a")).toBeUndefined();
});
