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

/** The measures in the order in which they are offered. */
export const MEASURES: readonly Measure[] = ["tokens", "cost", "requests"];

/** By what the server orders the parts. */
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

/** So much of a measure is in these sums. */
export function measured(measure: Measure, totals: MeasuredFragment): number {
  if (measure === "tokens") return totals.tokens.total;
  return measure === "cost" ? usdNumber(totals.cost) : totals.requests;
}

/** A value of a measure where there is room. */
export function tell(measure: Measure, value: number): string {
  return measure === "cost" ? formatUsd(value) : formatWhole(value);
}

/** A value of a measure on an axis. */
export function tellShort(measure: Measure, value: number): string {
  return measure === "cost" ? formatUsdCompact(value) : formatCompact(value);
}
