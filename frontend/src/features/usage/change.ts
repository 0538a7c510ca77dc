import { t } from "../../i18n";
import { formatShare } from "../../lib/format";

/** Describes the change since the previous period. */
export function describeChange(now: number, before: number): string {
  if (now === before) return t("usage.unchanged");
  if (before === 0) return t("usage.newUsage");
  const change = formatShare(Math.abs(now - before) / before);
  return t(now > before ? "usage.increased" : "usage.decreased", { change });
}
