import type { QuotaMetric, QuotaWindow } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatCompact, formatUsd, formatWhole } from "../../lib/figures";
import { formatNumber } from "../../lib/format";

const SECONDS_IN_HOUR = 3600;

/** An amount of what a quota counts, short. */
export function formatAmount(metric: QuotaMetric, amount: string | number): string {
  if (metric === "COST") return formatUsd(amount);
  const number = Number(amount);
  return number < 10_000 ? formatWhole(number) : formatCompact(number);
}

/** The same with what it is an amount of. */
export function describeAmount(metric: QuotaMetric, amount: string | number): string {
  const text = formatAmount(metric, amount);
  return metric === "COST" ? text : `${text} ${t(`limits.metrics.${metric}`)}`;
}

/** When a quota starts again, in words. */
export function describeWindow(window: QuotaWindow, rollingSeconds: number | null | undefined) {
  if (window !== "ROLLING" || !rollingSeconds) return t(`limits.windows.${window}`);
  return t("limits.rollingHours", { hours: formatNumber(rollingSeconds / SECONDS_IN_HOUR) });
}
