import { expect, test } from "vitest";
import { formatAgo, formatDuration } from "./format";

test("a duration is told in the unit that reads best", () => {
  expect(formatDuration(850)).toBe("850 ms");
  expect(formatDuration(12_340)).toBe("12.3 s");
  expect(formatDuration(125_000)).toBe("2 min 5 s");
});

test("a moment is told by how far away it is", () => {
  const now = new Date("2026-11-22T12:00:00Z");

  expect(formatAgo("2026-11-22T11:59:40Z", now)).toBe("just now");
  expect(formatAgo("2026-11-22T09:00:00Z", now)).toBe("3 hours ago");
  expect(formatAgo("2026-11-25T12:00:00Z", now)).toBe("in 3 days");
});
