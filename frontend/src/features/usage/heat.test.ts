import { expect, test } from "vitest";
import { heatMap } from "./heat";

test("requests count for the weekday and hour that the place's own clock shows", () => {
  // A Sunday evening in London, Monday morning in Hanoi.
  const points = [{ from: "2026-11-22T20:00:00Z", requests: 3 }];

  expect(heatMap(points, "Europe/London")[6]?.[20]).toBe(3);
  expect(heatMap(points, "Asia/Ho_Chi_Minh")[0]?.[3]).toBe(3);
});
