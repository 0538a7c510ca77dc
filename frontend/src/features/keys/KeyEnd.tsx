import { Show } from "solid-js";
import { t } from "../../i18n";
import { formatDay, formatShare } from "../../lib/format";
import { Meter } from "../../ui/Meter";

/** The day on which a key was revoked, or ends unless it is used before. */
export function KeyEnd(props: { apiKey: { revokedAt?: string | null; endsAt?: string | null } }) {
  return (
    <Show when={props.apiKey.revokedAt ?? props.apiKey.endsAt} fallback={t("keys.neverEnds")}>
      {(end) => formatDay(end())}
    </Show>
  );
}

/** The quota of a key that is used up most. */
export function FullestQuota(props: { quotas: readonly { usedPercent: number }[] }) {
  const percent = () => Math.max(...props.quotas.map((quota) => quota.usedPercent));
  return (
    <Show when={props.quotas.length > 0}>
      <Meter
        label={t("keys.quota")}
        percent={percent()}
        valueText={t("common.percentUsed", { percent: formatShare(percent() / 100) })}
      />
    </Show>
  );
}
