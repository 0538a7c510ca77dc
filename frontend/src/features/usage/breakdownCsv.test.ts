import { expect, test } from "vitest";
import { makeFragmentData } from "../../graphql/generated";
import { breakdownCsv, type Slice } from "./breakdownCsv";
import { MeasuredDocument } from "./measures";

function slice(key: string, label: string): Slice {
  const sums = makeFragmentData(
    { requests: 3, cost: "0.5", tokens: { total: 9 } },
    MeasuredDocument,
  );
  return {
    key,
    label,
    provider: null,
    user: null,
    totals: { ...sums, failed: 1, rejected: 2, unpriced: 0 },
    previous: sums,
    latency: { duration: { p50Ms: 10, p95Ms: 20, p99Ms: 30 }, timeToFirstByte: null },
  };
}

test("a file has the rows in their order, and a name never becomes a formula or a second cell", () => {
  const slices = [slice("b", "=HYPERLINK(1)"), slice("a", 'Ada, "the first"')];

  const lines = breakdownCsv(slices, ({ label }) => label ?? "").split("\r\n");

  expect(lines[1]).toBe("'=HYPERLINK(1),b,9,0.5,3,1,2,10,20,30,,9,0.5,3");
  expect(lines[2]).toBe('"Ada, ""the first""",a,9,0.5,3,1,2,10,20,30,,9,0.5,3');
  expect(lines).toHaveLength(4);
});
