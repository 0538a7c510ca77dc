import { expect, test } from "vitest";
import { isMetered } from "./metered";

test("a request that reached no provider has no usage", () => {
  const failed = { outcome: "UPSTREAM_ERROR", provider: null };

  expect(isMetered({ outcome: "REJECTED" })).toBe(false);
  expect(isMetered({ ...failed, tokens: { total: 0 } })).toBe(false);
  expect(isMetered({ ...failed, tokens: null })).toBe(false);
  // The engine reports the provider of an interrupted answer later.
  expect(isMetered({ ...failed, tokens: { total: 7 } })).toBe(true);
  expect(isMetered({ ...failed, provider: "CLAUDE", tokens: { total: 0 } })).toBe(true);
  expect(isMetered({ outcome: "COMPLETED", provider: null, tokens: { total: 0 } })).toBe(true);
});
