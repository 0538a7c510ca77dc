import { expect, test } from "vitest";
import { periodsAt } from "./periods";

test("today is compared with yesterday by the same time", () => {
  const periods = periodsAt(new Date("2026-11-25T10:30:00Z"), "UTC");

  expect(periods.yesterday).toEqual({
    from: "2026-11-24T00:00:00.000Z",
    to: "2026-11-24T10:30:00.000Z",
  });
});

test("a month is compared with as much of the month before", () => {
  const periods = periodsAt(new Date("2026-11-25T10:30:00Z"), "Asia/Ho_Chi_Minh");

  expect(periods.month.from).toBe("2026-10-31T17:00:00.000Z");
  expect(periods.lastMonth).toEqual({
    from: "2026-09-30T17:00:00.000Z",
    to: "2026-10-25T10:30:00.000Z",
  });
});

test("a long month is not compared with more than the whole short one before", () => {
  const periods = periodsAt(new Date("2026-03-31T10:00:00Z"), "UTC");

  expect(periods.lastMonth.to).toBe("2026-03-01T00:00:00.000Z");
});
