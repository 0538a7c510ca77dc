import { expect, test } from "vitest";
import { isQuota, readQuota } from "./quotaInput";

function typed(fields: Record<string, string>) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return readQuota(form);
}

test("dollars stay a decimal string, so that no cent is lost", () => {
  const quota = typed({ metric: "COST", limit: "12.50", window: "MONTH", soft: "95, 80" });

  expect(quota).toMatchObject({ metric: "COST", limit: "12.5", softPercents: [80, 95] });
});

test("only a quota of costs has policies for models without a price and for free ones", () => {
  const chosen = { unpriced: "REFUSE", freeModels: "REFUSE" };

  expect(typed({ metric: "COST", limit: "1", ...chosen })).toMatchObject(chosen);
  expect(typed({ metric: "TOKENS", limit: "1" })).toMatchObject({
    unpriced: null,
    freeModels: null,
  });
});

test("only a rolling window has a length, in seconds", () => {
  const rolling = typed({ metric: "TOKENS", limit: "1 000", window: "ROLLING", hours: "5" });
  const monthly = typed({ metric: "TOKENS", limit: "1000", window: "MONTH", hours: "5" });

  expect(rolling).toMatchObject({ limit: 1000, rollingSeconds: 18_000 });
  expect(monthly).toMatchObject({ rollingSeconds: null });
});

test("amounts are read as people write them", () => {
  expect(typed({ metric: "TOKENS", limit: "1,000,000" })).toMatchObject({ limit: 1_000_000 });
  expect(typed({ metric: "TOKENS", limit: "1.5M" })).toMatchObject({ limit: 1_500_000 });
  expect(typed({ metric: "COST", limit: "$1,250.75" })).toMatchObject({ limit: "1250.75" });
});

test("nothing, less than nothing and half a token are no limits", () => {
  for (const limit of ["", "0", "-5", "1.5", "many"]) {
    expect(isQuota(typed({ metric: "TOKENS", limit }))).toBe(false);
  }
});

test("a warning at or above the limit is refused", () => {
  expect(typed({ metric: "TOKENS", limit: "5", soft: "100" })).toEqual({
    limit: undefined,
    soft: true,
  });
});
