import { expect, test } from "vitest";
import { loadLanguage } from "../i18n";
import {
  exactUsd,
  formatAgo,
  formatBytes,
  formatChange,
  formatCompact,
  formatDuration,
  formatUsd,
  nanoUsd,
} from "./format";

test("a duration is shown in the unit that reads best", () => {
  expect(formatDuration(850)).toBe("850 ms");
  expect(formatDuration(12_340)).toBe("12.3 s");
  expect(formatDuration(125_000)).toBe("2 min 5 s");
  expect(formatDuration(5_400_000)).toBe("1 hr 30 min");
  expect(formatDuration(3 * 86_400_000 + 3_600_000)).toBe("3 days 1 hr");
});

test("a moment is shown relative to now", () => {
  const now = new Date("2026-11-22T12:00:00Z");

  expect(formatAgo("2026-11-22T11:59:40Z", now)).toBe("just now");
  expect(formatAgo("2026-11-22T09:00:00Z", now)).toBe("3 hours ago");
  expect(formatAgo("2026-11-25T12:00:00Z", now)).toBe("in 3 days");
});

test("dollars are exact to the nine decimals of the server", () => {
  expect(nanoUsd("1783.250977512")).toBe(1_783_250_977_512n);
  expect(nanoUsd("-0.5")).toBe(-500_000_000n);
  expect(exactUsd("1783.250977512")).toBe("$1,783.250977512");
});

test("an amount below one cent is shown by its first digits, not as zero", () => {
  expect(formatUsd("12.3456")).toBe("$12.35");
  expect(formatUsd("0.000123456")).toBe("$0.000123");
  expect(formatUsd("0")).toBe("$0.00");
});

test("millions are M, for m would be thousandths", () => {
  expect(formatCompact(628_300_000)).toBe("628.3M");
});

test("a change has its sign", () => {
  expect(formatChange(0.021)).toBe("+2%");
  expect(formatChange(-0.5)).toBe("-50%");
});

test("Vietnamese writes amounts one way, and relative days in small letters", async () => {
  await loadLanguage("vi");
  const now = new Date("2026-11-22T12:00:00Z");

  expect(formatUsd("113.35")).toBe("113,35\u00a0$");
  expect(exactUsd("113.35059917")).toBe("113,35059917\u00a0$");
  expect(formatAgo("2026-11-23T12:00:00Z", now)).toBe("ngày mai");
  await loadLanguage("en");
});

test("a size is shown in the unit that reads best", () => {
  expect([0, 1023, 1024, 1536, 5 * 1024 ** 3].map(formatBytes)).toEqual([
    "0 B",
    "1,023 B",
    "1 KiB",
    "1.5 KiB",
    "5 GiB",
  ]);
});
