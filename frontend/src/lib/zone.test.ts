import { expect, test } from "vitest";
import { fullHour, hourLabel } from "./zone";

test("a full hour is one by the clock of the place", () => {
  const at = new Date("2026-11-25T18:30:00Z");

  expect(fullHour(at, "Asia/Kolkata")).toBe(0);
  expect(fullHour(at, "UTC")).toBeUndefined();
  expect(fullHour(new Date("2026-11-25T17:00:00Z"), "Asia/Ho_Chi_Minh")).toBe(0);
});

test("midnight is labelled with its day", () => {
  expect(hourLabel(new Date("2026-11-25T00:00:00Z"), "UTC")).toMatch(/25/);
  expect(hourLabel(new Date("2026-11-25T03:00:00Z"), "UTC")).toMatch(/03:00/);
});
