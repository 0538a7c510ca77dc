import type { FragmentType } from "../graphql/generated";
import type {
  FreeModelPolicy,
  QuotaInput,
  QuotaMetric,
  QuotaStateFragment,
  QuotaWindow,
  UnpricedPolicy,
} from "../graphql/generated/graphql";
import { language } from "../i18n";
import { readAmount } from "../lib/amount";
import { readOptional, readText } from "../lib/form";
import { ownZone } from "../lib/zone";
import { readProvider } from "../ui/providers";
import type { QuotaFragment } from "./QuotaSummary";

/** A quota as the server reported it, masked. */
export type QuotaMask = FragmentType<typeof QuotaFragment>;

/** The metrics, in the order of the options. */
export const METRICS: readonly QuotaMetric[] = ["TOKENS", "COST", "REQUESTS"];

/** When counting can start again, in the order of the choices. */
export const WINDOWS: readonly QuotaWindow[] = [
  "HOUR",
  "DAY",
  "WEEK",
  "MONTH",
  "LIFETIME",
  "ROLLING",
];

/** The treatments of models without a price, the default first. */
export const UNPRICED_POLICIES: readonly UnpricedPolicy[] = ["ASSUME", "REFUSE", "ALLOW"];

/** The treatments of models whose price is zero, the default first. */
export const FREE_MODEL_POLICIES: readonly FreeModelPolicy[] = ["ALLOW", "REFUSE"];

const SECONDS_IN_HOUR = 3600;

/** A quota as it is sent to be set again just as it is. */
export function asInput(quota: QuotaStateFragment): QuotaInput {
  return {
    metric: quota.metric,
    limit: quota.limit,
    window: quota.window,
    rollingSeconds: quota.rollingSeconds,
    provider: quota.provider,
    modelPattern: quota.modelPattern,
    timezone: quota.timezone,
    softPercents: quota.softPercents,
    strict: quota.strict,
    unpriced: quota.unpriced,
    freeModels: quota.freeModels,
  };
}

/** The validation errors of the form. */
export type QuotaFaults = { limit?: true; soft?: true };

/** An amount in the unit of the metric; undefined if it is none. */
export function readLimit(metric: QuotaMetric, text: string): QuotaInput["limit"] | undefined {
  const plain = readAmount(text, language()) ?? "";
  if (metric === "COST") {
    const isMoney = /^\d+(\.\d{1,9})?$/.test(plain) && Number(plain) > 0;
    return isMoney ? plain : undefined;
  }
  const number = Number(plain);
  return /^\d+$/.test(plain) && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

function readPercents(text: string): number[] | undefined {
  const numbers = text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);
  const isFine = numbers.every((each) => Number.isInteger(each) && each >= 1 && each <= 99);
  return isFine ? [...new Set(numbers)].toSorted((left, right) => left - right) : undefined;
}

/** Reads the form: the quota, or its validation errors. */
export function readQuota(form: FormData): QuotaInput | QuotaFaults {
  const metric = METRICS.find((each) => each === readText(form, "metric")) ?? "TOKENS";
  const window = WINDOWS.find((each) => each === readText(form, "window")) ?? "MONTH";
  const limit = readLimit(metric, readText(form, "limit"));
  const softPercents = readPercents(readText(form, "soft"));
  if (limit === undefined || softPercents === undefined) {
    return { limit: limit === undefined || undefined, soft: !softPercents || undefined };
  }
  const [unpriced, free] = [readText(form, "unpriced"), readText(form, "freeModels")];
  return {
    metric,
    limit,
    window,
    rollingSeconds:
      window === "ROLLING" ? Math.round(Number(readText(form, "hours")) * SECONDS_IN_HOUR) : null,
    provider: readProvider(readText(form, "provider")) ?? null,
    modelPattern: readOptional(form, "modelPattern"),
    timezone: readText(form, "timezone") || ownZone(),
    softPercents,
    strict: form.get("strict") !== null,
    unpriced: UNPRICED_POLICIES.find((each) => each === unpriced) ?? null,
    freeModels: FREE_MODEL_POLICIES.find((each) => each === free) ?? null,
  };
}

/** Whether the form was in order. */
export function isQuota(read: QuotaInput | QuotaFaults): read is QuotaInput {
  return "metric" in read;
}
