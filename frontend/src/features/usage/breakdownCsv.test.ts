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
    totals: { ...sums, failed: 1, rejected: 2, unpriced: 0, assumed: 0 },
    previous: sums,
    latency: { duration: { p50Ms: 10, p95Ms: 20, p99Ms: 30 }, timeToFirstByte: null },
  };
}

test("a file has the rows in their order, and a name never becomes a formula or a second cell", () => {
  const slices = [slice("b", "=HYPERLINK(1)"), slice("a", 'Ada, "the first"')];

  const lines = breakdownCsv(slices, "USER").split("\r\n");

  expect(lines[1]).toBe("'=HYPERLINK(1),b,9,0.5,3,1,2,10,20,30,,9,0.5,3");
  expect(lines[2]).toBe('"Ada, ""the first""",a,9,0.5,3,1,2,10,20,30,,9,0.5,3');
  expect(lines).toHaveLength(4);
});

test("the parts of an open row follow it, with the other parts as one", () => {
  const part = slice("m1", "gpt-5");
  const parts = { slices: [part], other: slice("", "").totals, otherCount: 4 };
  const of = (key: string) => (key === "a" ? parts : undefined);

  const csv = breakdownCsv([slice("a", "Ada"), slice("b", "Bob")], "USER", { by: "MODEL", of });
  const lines = csv.split("\r\n");

  expect(lines[0]).toContain("name,key,part,part_key,tokens");
  expect(lines[1]).toBe("Ada,a,,,9,0.5,3,1,2,10,20,30,,9,0.5,3");
  expect(lines[2]).toBe("Ada,a,gpt-5,m1,9,0.5,3,1,2,,,,,,,");
  expect(lines[3]).toBe("Ada,a,4 others,,9,0.5,3,1,2,,,,,,,");
  expect(lines[4]).toBe("Bob,b,,,9,0.5,3,1,2,10,20,30,,9,0.5,3");
});
