import type { UsageForecastQuery } from "../../graphql/generated/graphql";
import { usdNumber } from "../../lib/format";
import { formatIn } from "../../lib/zone";

/** A forecast as the server sends it. */
export type MonthForecast = UsageForecastQuery["usage"]["forecast"];

const DAY_MS = 86_400_000;

/** A forecast compared with its budget. */
export function describeForecast(forecast: MonthForecast, now: Date) {
  const reached = forecast.budgetReachedOn ? Date.parse(forecast.budgetReachedOn) : undefined;
  const isPast =
    forecast.budget !== null &&
    forecast.budget !== undefined &&
    usdNumber(forecast.spent) >= usdNumber(forecast.budget);
  const within = forecast.expected ? "within" : "unknown";
  return {
    /** A moment of the last day. */
    lastDay: new Date(Date.parse(forecast.to) - 1).toISOString(),
    isOver: reached !== undefined || isPast,
    budget: isPast
      ? ("reached" as const)
      : reached !== undefined && reached > now.getTime() - DAY_MS
        ? ("expected" as const)
        : (within as "within" | "unknown"),
  };
}

/** The budget divided evenly over the days of the month. */
export function budgetPerDay(forecast: MonthForecast): number | undefined {
  if (!forecast.budget) return undefined;
  const days = Math.round((Date.parse(forecast.to) - Date.parse(forecast.from)) / DAY_MS);
  return usdNumber(forecast.budget) / days;
}

/** A day by name. */
export function dayName(at: string, zone: string): string {
  return formatIn(zone, new Date(at), { day: "numeric", month: "short" });
}
