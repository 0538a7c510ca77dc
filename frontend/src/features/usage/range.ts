import type { UsageBucket, UsagePreset, UsageRange } from "../../graphql/generated/graphql";
import { addDays, startOfDay } from "../../lib/zone";

/** The preset periods in display order. */
export const PRESETS: readonly UsagePreset[] = [
  "TODAY",
  "YESTERDAY",
  "LAST_7_DAYS",
  "LAST_30_DAYS",
  "THIS_WEEK",
  "THIS_MONTH",
  "LAST_MONTH",
  "ALL",
];

/** The default range. */
export const USUAL_PRESET: UsagePreset = "LAST_30_DAYS";

/** A time range as search parameters. */
export type RangeSearch = { range?: string; from?: string; to?: string };

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/** The preset in the URL; null for two dates. */
export function readPreset(search: RangeSearch): UsagePreset | null {
  if (isCustom(search)) return null;
  return PRESETS.find((preset) => preset === search.range) ?? USUAL_PRESET;
}

function isDate(text: string | undefined): text is string {
  return text !== undefined && DATE.test(text) && !Number.isNaN(Date.parse(text));
}

function isCustom(search: RangeSearch): boolean {
  return isDate(search.from) && isDate(search.to) && search.from <= search.to;
}

/** The range of a query: a preset, or two dates in a time zone, the last one inclusive. */
export function readRange(search: RangeSearch, zone: string): UsageRange {
  const preset = readPreset(search);
  if (preset) return { preset };
  return {
    from: startOfDay(search.from ?? "", zone).toISOString(),
    to: startOfDay(addDays(search.to ?? "", 1), zone).toISOString(),
  };
}

const PRESET_DAYS: Record<UsagePreset, number> = {
  TODAY: 1,
  YESTERDAY: 1,
  LAST_7_DAYS: 7,
  LAST_30_DAYS: 30,
  THIS_WEEK: 7,
  THIS_MONTH: 31,
  LAST_MONTH: 31,
  ALL: 2000,
};

/** The approximate number of days of a period. */
export function daysOf(range: UsageRange): number {
  if (range.preset) return PRESET_DAYS[range.preset];
  return (Date.parse(range.to ?? "") - Date.parse(range.from ?? "")) / DAY_MS;
}

const LONGEST: readonly [bucket: UsageBucket, days: number][] = [
  ["HOUR", 31],
  ["DAY", 400],
  ["WEEK", 5 * 365],
  ["MONTH", 25 * 365],
];

/** The bucket sizes for a number of days. The server counts every clock change; a day is reserved for it. */
export function possibleBuckets(days: number): UsageBucket[] {
  return LONGEST.filter(([, longest]) => days <= longest).map(([bucket]) => bucket);
}

/** The default bucket size. */
export function usualBucket(days: number): UsageBucket {
  if (days <= 2) return "HOUR";
  if (days <= 92) return "DAY";
  return days <= 400 ? "WEEK" : "MONTH";
}

/** The range of a map of hours: this one, or its last 30 days when it has more than 31. */
export function hourlyRange(range: UsageRange): { range: UsageRange; isCut: boolean } {
  if (daysOf(range) <= 31) return { range, isCut: false };
  if (range.preset || !range.to) return { range: { preset: "LAST_30_DAYS" }, isCut: true };
  const from = new Date(Date.parse(range.to) - 30 * DAY_MS).toISOString();
  return { range: { from, to: range.to }, isCut: true };
}
