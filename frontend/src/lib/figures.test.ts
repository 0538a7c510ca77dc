import { expect, test } from "vitest";
import { exactUsd, formatChange, formatCompact, formatUsd, nanoUsd } from "./figures";

test("dollars are exact to the nine decimals of the server", () => {
  expect(nanoUsd("1783.250977512")).toBe(1_783_250_977_512n);
  expect(nanoUsd("-0.5")).toBe(-500_000_000n);
  expect(exactUsd("1783.250977512")).toBe("$1,783.250977512");
});

test("what is less than a cent is told by its first digits, not as nothing", () => {
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
