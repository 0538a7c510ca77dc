import type { QuotaMetric, QuotaWindow } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { formatCompact, formatUsd } from "../lib/format";

type Quota = {
  metric: QuotaMetric;
  window: QuotaWindow;
  limit: string | number;
  used: string | number;
};

function amount(metric: QuotaMetric, value: string | number): string {
  return metric === "COST" ? formatUsd(value) : formatCompact(Number(value));
}

/** The used amount of a quota, as in "1M / 2M tokens, monthly". */
export function describeQuota({ metric, used, limit, window }: Quota): string {
  return t("limits.inWindow", {
    amount: t("limits.ofLimit", {
      used: amount(metric, used),
      limit: t(`limits.amounts.${metric}`, {
        count: Number(limit),
        amount: amount(metric, limit),
      }),
    }),
    window: t(`limits.per.${window}`),
  });
}
