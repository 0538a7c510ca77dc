import type { QuotaMetric, QuotaWindow } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { formatCompact, formatNumber, formatUsd, formatWhole } from "../lib/format";

const SECONDS_IN_HOUR = 3600;

/** A short amount in the metric of a quota. */
export function formatAmount(metric: QuotaMetric, amount: string | number): string {
  if (metric === "COST") return formatUsd(amount);
  const number = Number(amount);
  return number < 10_000 ? formatWhole(number) : formatCompact(number);
}

/** The same with its unit. */
export function describeAmount(metric: QuotaMetric, amount: string | number): string {
  return t(`limits.amounts.${metric}`, {
    count: Number(amount),
    amount: formatAmount(metric, amount),
  });
}

/** How often a quota resets, to follow an amount: "daily". */
export function describeWindow(window: QuotaWindow, rollingSeconds: number | null | undefined) {
  if (window !== "ROLLING" || !rollingSeconds) return t(`limits.per.${window}`);
  return t("limits.rollingHours", { hours: formatNumber(rollingSeconds / SECONDS_IN_HOUR) });
}
