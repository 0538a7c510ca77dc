import { readFragment } from "../../graphql/generated";
import type { UsageBreakdownQuery } from "../../graphql/generated/graphql";
import { MeasuredDocument } from "./measures";

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

/** The rows of the breakdown as CSV, in their order. */
export function breakdownCsv(slices: readonly Slice[], nameOf: (slice: Slice) => string): string {
  const rows = slices.map((slice) => {
    const now = readFragment(MeasuredDocument, slice.totals);
    const before = slice.previous ? readFragment(MeasuredDocument, slice.previous) : undefined;
    return [
      nameOf(slice),
      slice.key,
      now.tokens.total,
      now.cost,
      now.requests,
      slice.totals.failed,
      slice.totals.rejected,
      slice.latency?.duration?.p50Ms,
      slice.latency?.duration?.p95Ms,
      slice.latency?.duration?.p99Ms,
      slice.latency?.timeToFirstByte?.p95Ms,
      before?.tokens.total,
      before?.cost,
      before?.requests,
    ];
  });
  return [COLUMNS, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}
