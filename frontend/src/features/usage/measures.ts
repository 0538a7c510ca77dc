import { graphql } from "../../graphql/generated";
import type { MeasuredFragment, UsageOrder } from "../../graphql/generated/graphql";
import {
  formatCompact,
  formatUsd,
  formatUsdCompact,
  formatWhole,
  usdNumber,
} from "../../lib/format";

export type Measure = "tokens" | "cost" | "requests";

/** The measures in display order. */
export const MEASURES: readonly Measure[] = ["tokens", "cost", "requests"];

/** The order in which the server ranks slices. */
export const ORDERS: Record<Measure, UsageOrder> = {
  tokens: "TOKENS",
  cost: "COST",
  requests: "REQUESTS",
};

/** The sums that a measure is taken from. */
export const MeasuredDocument = graphql(`
  fragment Measured on UsageTotals {
    requests
    cost
    tokens {
      total
    }
  }
`);

/** The value of a measure in these sums. */
export function measured(measure: Measure, totals: MeasuredFragment): number {
  if (measure === "tokens") return totals.tokens.total;
  return measure === "cost" ? usdNumber(totals.cost) : totals.requests;
}

/** The full value of a measure. */
export function tell(measure: Measure, value: number): string {
  return measure === "cost" ? formatUsd(value) : formatWhole(value);
}

/** A value of a measure on an axis. */
export function tellShort(measure: Measure, value: number): string {
  return measure === "cost" ? formatUsdCompact(value) : formatCompact(value);
}
