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
  | "cacheWrite1hPerMillion"
  | "longPromptRule"
  | "longPrompts"
  | "serviceTiers"
  | "perImage"
  | "perVideoSecond"
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

/** The long-prompt rates whose fields have this prefix. */
function longPromptsOf(form: FormData, prefix: string): LongPromptRatesInput[] {
  const name = new RegExp(`^${prefix.replaceAll(".", "\\.")}\\.(\\d+)\\.above$`);
  return rowsOf(form, name).map((row) => ({
    above: Number(readText(form, `${prefix}.${row}.above`)),
    ...rates(form, `${prefix}.${row}`),
  }));
}

/** The rates in a form that depend on the request. */
export function readConditions(form: FormData): Conditions {
  const serviceTiers: ServiceTierRatesInput[] = rowsOf(form, /^tier\.(\d+)\.tier$/).map((row) => ({
    tier: readText(form, `tier.${row}.tier`) as ServiceTier,
    multiplier: readOptional(form, `tier.${row}.multiplier`),
    ...rates(form, `tier.${row}`),
    longPrompts: longPromptsOf(form, `tier.${row}.long`),
  }));
  return {
    cacheWrite1hPerMillion: readOptional(form, "cacheWrite1h"),
    longPromptRule:
      readText(form, "longPromptRule") === "PART_ABOVE" ? "PART_ABOVE" : "WHOLE_REQUEST",
    longPrompts: longPromptsOf(form, "long"),
    serviceTiers,
    perImage: readOptional(form, "perImage"),
    perVideoSecond: readOptional(form, "perVideoSecond"),
  };
}
