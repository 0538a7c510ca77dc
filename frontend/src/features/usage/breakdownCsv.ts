import { readFragment } from "../../graphql/generated";
import type { UsageBreakdownQuery, UsageDimension } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import type { RowParts } from "./createParts";
import { MeasuredDocument } from "./measures";
import { partName } from "./partName";

/** One row of the breakdown as the server sends it. */
export type Slice = UsageBreakdownQuery["usage"]["breakdown"][number];

const COLUMNS = [
  "name",
  "key",
  "tokens",
  "cost_usd",
  "requests",
  "failed",
  "rejected",
  "duration_p50_ms",
  "duration_p95_ms",
  "duration_p99_ms",
  "time_to_first_byte_p95_ms",
  "previous_tokens",
  "previous_cost_usd",
  "previous_requests",
];

/** Quoted where necessary; a text that a spreadsheet would run as a formula gets an apostrophe. */
function field(value: string | number | null | undefined): string {
  if (typeof value !== "string") return String(value ?? "");
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The parts of each row by a second dimension, as far as they are shown. */
type Then = { by: UsageDimension; of: (key: string) => RowParts | undefined };

type Value = string | number | null | undefined;

function sums(totals: Slice["totals"]): Value[] {
  const now = readFragment(MeasuredDocument, totals);
  return [now.tokens.total, now.cost, now.requests, totals.failed, totals.rejected];
}

function rowOf(slice: Slice): Value[] {
  const before = slice.previous ? readFragment(MeasuredDocument, slice.previous) : undefined;
  return [
    ...sums(slice.totals),
    slice.latency?.duration?.p50Ms,
    slice.latency?.duration?.p95Ms,
    slice.latency?.duration?.p99Ms,
    slice.latency?.timeToFirstByte?.p95Ms,
    before?.tokens.total,
    before?.cost,
    before?.requests,
  ];
}

function partsOf(parts: RowParts | undefined, by: UsageDimension): Value[][] {
  const rows: Value[][] = (parts?.slices ?? []).map((part) => [
    partName(part, by),
    part.key,
    ...sums(part.totals),
  ]);
  if (parts && parts.otherCount > 0) {
    const name = t("usage.otherParts", { count: parts.otherCount });
    rows.push([name, "", ...sums(parts.other)]);
  }
  return rows;
}

/** The rows of the breakdown as CSV, in their order, each followed by its parts. */
export function breakdownCsv(slices: readonly Slice[], by: UsageDimension, then?: Then): string {
  const rows = slices.flatMap((slice) => {
    const subject = [partName(slice, by), slice.key];
    if (!then) return [[...subject, ...rowOf(slice)]];
    const parts = partsOf(then.of(slice.key), then.by);
    return [
      [...subject, "", "", ...rowOf(slice)],
      ...parts.map((part) => {
        const filled: Value[] = [...subject, ...part];
        return [...filled, ...Array<Value>(COLUMNS.length + 2 - filled.length).fill("")];
      }),
    ];
  });
  const head = then ? ["name", "key", "part", "part_key", ...COLUMNS.slice(2)] : COLUMNS;
  return [head, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}
