import type { UsageRange } from "../../graphql/generated/graphql";
import { addDays, startOfDay, wallClock } from "../../lib/zone";

const MINUTE = 60_000;
const DAY_MS = 1440 * MINUTE;

/** The periods that the overview compares. */
export type Periods = Record<
  "hour" | "quarter" | "day" | "yesterday" | "month" | "lastMonth" | "today",
  UsageRange
>;

function between(from: number, to: number): UsageRange {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/**
 * What was until now, and what was by the same time of the period before: half a day is not compared
 * with a whole one.
 */
export function periodsAt(now: Date, zone: string): Periods {
  const at = now.getTime();
  const { date } = wallClock(now, zone);
  const today = startOfDay(date, zone).getTime();
  const yesterday = startOfDay(addDays(date, -1), zone).getTime();
  const first = `${date.slice(0, 8)}01`;
  const month = startOfDay(first, zone).getTime();
  const firstBefore = `${addDays(first, -1).slice(0, 8)}01`;
  const lastMonth = startOfDay(firstBefore, zone).getTime();
  return {
    hour: between(at - 60 * MINUTE, at),
    quarter: between(at - 15 * MINUTE, at),
    day: between(at - DAY_MS, at),
    today: between(today, at),
    yesterday: between(yesterday, Math.min(today, yesterday + (at - today))),
    month: between(month, at),
    lastMonth: between(lastMonth, Math.min(month, lastMonth + (at - month))),
  };
}
