import type {
  CreatePriceInput,
  LongPromptRatesInput,
  ServiceTier,
  ServiceTierRatesInput,
} from "../../graphql/generated/graphql";
import { readOptional, readText } from "../../lib/form";

/** The most long-prompt rates of a price. */
export const MAX_LONG_PROMPTS = 6;

/** The service tiers that can have rates of their own. */
export const TIERS = ["PRIORITY", "FLEX", "BATCH", "FAST"] as const satisfies ServiceTier[];

type Conditions = Pick<
  CreatePriceInput,
  "cacheWrite1hPerMillion" | "longPromptRule" | "longPrompts" | "serviceTiers"
>;

function rowsOf(form: FormData, name: RegExp): string[] {
  const rows = [...form.keys()].map((key) => name.exec(key)?.[1] ?? "");
  return rows.filter(Boolean);
}

function rates(form: FormData, prefix: string) {
  const rate = (field: string) => readOptional(form, `${prefix}.${field}`);
  return {
    inputPerMillion: rate("input"),
    cacheReadPerMillion: rate("cacheRead"),
    cacheWritePerMillion: rate("cacheWrite"),
    cacheWrite1hPerMillion: rate("cacheWrite1h"),
    outputPerMillion: rate("output"),
    reasoningPerMillion: rate("reasoning"),
  };
}

/** The rates in a form that depend on the request. */
export function readConditions(form: FormData): Conditions {
  const longPrompts: LongPromptRatesInput[] = rowsOf(form, /^long\.(\d+)\.above$/).map((row) => ({
    above: Number(readText(form, `long.${row}.above`)),
    ...rates(form, `long.${row}`),
  }));
  const serviceTiers: ServiceTierRatesInput[] = rowsOf(form, /^tier\.(\d+)\.tier$/).map((row) => ({
    tier: readText(form, `tier.${row}.tier`) as ServiceTier,
    multiplier: readOptional(form, `tier.${row}.multiplier`),
    ...rates(form, `tier.${row}`),
  }));
  return {
    cacheWrite1hPerMillion: readOptional(form, "cacheWrite1h"),
    longPromptRule:
      readText(form, "longPromptRule") === "PART_ABOVE" ? "PART_ABOVE" : "WHOLE_REQUEST",
    longPrompts,
    serviceTiers,
  };
}
