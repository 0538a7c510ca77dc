import { Show } from "solid-js";
import type { AccountStatus as Status } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { createCountdown } from "../lib/createCountdown";
import { formatCountdown, formatMoment } from "../lib/format";
import { Badge, type BadgeTone } from "./Badge";

const TONES: Record<Status, BadgeTone> = {
  ACTIVE: "ok",
  COOLING: "warn",
  DISABLED: "plain",
  EXPIRED: "bad",
  FAILING: "bad",
  PAUSED: "bad",
  REFRESH_FAILED: "bad",
  UNKNOWN: "plain",
};

const CLOCK_SECONDS = 3600;

function Left(props: { until: string }) {
  const left = createCountdown(() => props.until);
  return (
    <Show when={left() > 0}>
      <span class="tabular-nums">
        {left() < CLOCK_SECONDS
          ? formatCountdown(left())
          : t("providers.hours", { count: Math.ceil(left() / 3600) })}
      </span>
    </Show>
  );
}

/** The status of an account, with the remaining time of a cooldown. */
export function AccountStatus(props: { status: Status; coolingUntil?: string | null }) {
  const until = () => (props.status === "COOLING" ? props.coolingUntil : undefined);
  return (
    <Badge tone={TONES[props.status]} title={until() ? formatMoment(until() ?? "") : undefined}>
      {t(`providers.statuses.${props.status}`)}
      <Show when={until()}>{(end) => <Left until={end()} />}</Show>
    </Badge>
  );
}
