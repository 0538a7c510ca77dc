import { A } from "@solidjs/router";
import { createMemo, For, Match, Show, Switch } from "solid-js";
import { AlertRow } from "../../alerts/AlertRow";
import { readAlerts } from "../../alerts/alert";
import type { OverviewHealthQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { createNow } from "../../lib/createNow";
import { formatAgo, formatWhole } from "../../lib/format";
import { useSession } from "../../session/SessionProvider";
import { buttonClass } from "../../ui/Button";
import { Loading } from "../../ui/Loading";
import { Notice } from "../../ui/Notice";
import type { OverviewState } from "./createOverview";

const SHOWN = 6;

type Health = OverviewHealthQuery["health"];

/** The open alerts, the most urgent first. */
function Problems(props: { known: OverviewHealthQuery }) {
  const health = () => props.known.health;
  const alerts = createMemo(() =>
    readAlerts([...props.known.critical.nodes, ...props.known.warnings.nodes]).slice(0, SHOWN),
  );
  const hidden = () => health().openAlerts - alerts().length;
  const title = () =>
    health().unacknowledgedAlerts > 0
      ? t("overview.problems", { count: health().openAlerts })
      : t("overview.acknowledgedLeft", { count: health().openAlerts });
  const color = () =>
    health().verdict === "CRITICAL" ? "border-bad/40 bg-bad-soft" : "border-warn/40 bg-warn-soft";
  return (
    <section aria-label={title()} class={`overflow-clip rounded-xl border ${color()}`}>
      <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 pt-3 pb-1 sm:px-5">
        <h2 class="text-lg font-semibold tracking-tight">{title()}</h2>
        <A href="/alerts" class={buttonClass("quiet", "small")}>
          {t("overview.allAlerts")}
        </A>
      </div>
      <ul class="pb-2">
        <For each={alerts()}>{(alert) => <AlertRow alert={alert} />}</For>
        <Show when={hidden() > 0}>
          <li class="px-4 py-1 text-sm text-muted sm:px-5">
            {t("overview.problemsMore", { count: hidden() })}
          </li>
        </Show>
      </ul>
    </section>
  );
}

function Uncertain(props: { health: Health }) {
  const now = createNow();
  const since = () => {
    const at = props.health.evaluatedAt;
    return at
      ? t("overview.uncertainSince", { ago: formatAgo(at, now()) })
      : t("overview.uncertainStart");
  };
  return (
    <Show
      when={props.health.isFailing}
      fallback={
        <Notice tone="info">
          <span class="font-medium">{t("overview.uncertain")}</span> {since()}
        </Notice>
      }
    >
      <Notice
        tone="warn"
        action={
          <A
            href="/requests?outcome=UPSTREAM_ERROR,INTERRUPTED"
            class={buttonClass("plain", "small")}
          >
            {t("overview.allErrors")}
          </A>
        }
      >
        <span class="font-medium">
          {t("overview.failing", {
            failed: formatWhole(props.health.recentFailed),
            requests: formatWhole(props.health.recentRequests),
          })}
        </span>
      </Notice>
    </Show>
  );
}

function Healthy(props: { health: Health }) {
  const unverified = () => props.health.accounts.unverified;
  return (
    <Notice
      tone="ok"
      action={
        <Show when={unverified() > 0}>
          <A href="/providers" class={buttonClass("plain", "small")}>
            {t("overview.checkAccounts")}
          </A>
        </Show>
      }
    >
      <span class="font-medium">{t("overview.problemsNone")}</span> {t("overview.problemsNoneHint")}{" "}
      <Show when={unverified() > 0}>
        {t("overview.accountsUnverified", { count: unverified() })}
      </Show>
    </Notice>
  );
}

/** The verdict on the server, from its open alerts. */
export function Attention(props: { overview: OverviewState }) {
  const { connection } = useSession();
  const known = () => props.overview.health();
  const isHealthy = () => known()?.health.verdict === "HEALTHY";
  // Figures from before an outage do not say that all is well.
  const isStale = () => connection() === "lost" || props.overview.error() !== undefined;
  return (
    <Switch fallback={<Show when={!props.overview.error()}>{<Loading />}</Show>}>
      <Match when={(known()?.health.openAlerts ?? 0) > 0 && known()}>
        {(current) => <Problems known={current()} />}
      </Match>
      <Match when={known() && isStale()}>{null}</Match>
      <Match when={isHealthy() && known()}>
        {(current) => <Healthy health={current().health} />}
      </Match>
      <Match when={known()}>{(current) => <Uncertain health={current().health} />}</Match>
    </Switch>
  );
}
