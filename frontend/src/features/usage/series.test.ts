import { expect, test } from "vitest";
import { makeFragmentData } from "../../graphql/generated";
import { MeasuredDocument } from "./measures";
import { type Point, seriesByPart } from "./series";

function sums(total: number, cost = "0") {
  return makeFragmentData({ requests: 1, cost, tokens: { total } }, MeasuredDocument);
}

function point(total: number, slices: [key: string, total: number][], cost?: string): Point {
  const kinds = { total, input: total, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 };
  return {
    from: "2026-11-25T00:00:00Z",
    to: "2026-11-26T00:00:00Z",
    totals: { ...sums(total, cost), tokens: kinds },
    slices: slices.map(([key, part]) => ({
      key,
      label: key,
      provider: null,
      totals: sums(part, cost && String(Number(cost) * (part / total))),
    })),
  };
}

test("the greatest part stands at the bottom, and what no part has on top", () => {
  const series = seriesByPart(
    [
      point(10, [["a", 3]]),
      point(20, [
        ["a", 2],
        ["b", 12],
      ]),
    ],
    "tokens",
    "USER",
  );

  expect(series.map(({ label, values }) => [label, values])).toEqual([
    ["b", [0, 12]],
    ["a", [3, 2]],
    ["Other", [7, 6]],
  ]);
});

test("the last digits of a cost make no other part", () => {
  const series = seriesByPart(
    [
      point(
        3,
        [
          ["a", 1],
          ["b", 2],
        ],
        "0.1",
      ),
    ],
    "cost",
    "USER",
  );

  expect(series.map(({ label }) => label)).toEqual(["b", "a"]);
});
