import { expect, test } from "vitest";
import { reconcile } from "./reconciled";

const NONE = { matched: 0, mismatched: 0, wireOnly: 0, engineOnly: 0, unknown: 0 };

test("requests that only one source reports count against the share", () => {
  expect(reconcile({ ...NONE, matched: 170, wireOnly: 2800, engineOnly: 30 })).toMatchObject({
    metered: 3000,
    oneSided: 2830,
    share: 0.056,
    isTrusted: false,
  });
});

test("without a report of the engine nothing was compared", () => {
  expect(reconcile({ ...NONE, wireOnly: 5 }).isUncompared).toBe(true);
  expect(reconcile({ ...NONE, wireOnly: 5, matched: 1 }).isUncompared).toBe(false);
});

test("a single mismatch is a warning, however small its share", () => {
  const books = reconcile({ ...NONE, matched: 99_999, mismatched: 1 });

  expect(books).toMatchObject({ share: 0.999, isTrusted: false });
});

test("a few requests that the engine has not reported yet are no warning", () => {
  expect(reconcile({ ...NONE, matched: 98, wireOnly: 1, unknown: 1 }).isTrusted).toBe(true);
});
