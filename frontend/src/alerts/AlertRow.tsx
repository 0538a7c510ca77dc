import { A } from "@solidjs/router";
import CircleAlert from "lucide-solid/icons/circle-alert";
import TriangleAlert from "lucide-solid/icons/triangle-alert";
import { type JSX, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import type { AlertSeverity } from "../graphql/generated/graphql";
import { useMay } from "../graphql/may";
import { t } from "../i18n";
import { createNow } from "../lib/createNow";
import { formatDuration } from "../lib/format";
import { buttonClass } from "../ui/Button";
import { Code } from "../ui/Code";
import { Ago } from "../ui/Moment";
import { type Alert, describeAlert, remedyOf } from "./alert";
import { describeReason } from "./describeReason";

const ICONS: Record<AlertSeverity, { shape: typeof CircleAlert; class: string }> = {
  CRITICAL: { shape: CircleAlert, class: "text-bad" },
  WARNING: { shape: TriangleAlert, class: "text-warn" },
};

/** The link to where an alert is resolved; to view the page, for those who may not resolve it. */
function RemedyLink(props: { alert: Alert; text: string }) {
  const may = useMay();
  return (
    <Show when={remedyOf(props.alert)}>
      {(remedy) => {
        const isMine = () => {
          const { needs } = remedy();
          return !needs || may(needs);
        };
        const label = () => (isMine() ? t(`alerts.fix.${remedy().action}`) : t("alerts.look"));
        return (
          <Show when={isMine() || !remedy().isReserved}>
            <A href={remedy().href} title={props.text} class={buttonClass("plain", "small")}>
              {label()}
            </A>
          </Show>
        );
      }}
    </Show>
  );
}

/** When an alert was raised and ended, and by whom it was acknowledged. */
function Times(props: { alert: Alert }) {
  const lasted = (end: string) => Date.parse(end) - Date.parse(props.alert.raisedAt);
  return (
    <span class="block text-sm text-muted">
      <Show
        when={props.alert.endedAt}
        fallback={
          <>
            {t("alerts.raised")} <Ago at={props.alert.raisedAt} />
          </>
        }
      >
        {(end) => (
          <>
            {t("alerts.ended")} <Ago at={end()} />{" "}
            {t("alerts.lasted", { duration: formatDuration(lasted(end())) })}
          </>
        )}
      </Show>
      <Show when={props.alert.acknowledgedAt}>
        {(at) => (
          <>
            {" · "}
            {t("alerts.acknowledgedBy", { name: props.alert.acknowledgedBy ?? "" })}{" "}
            <Ago at={at()} />
          </>
        )}
      </Show>
    </span>
  );
}

/** An alert with its reason, its times and the link to where it is resolved. */
export function AlertRow(props: { alert: Alert; children?: JSX.Element }) {
  const now = createNow();
  const icon = () => ICONS[props.alert.severity];
  const text = () => describeAlert(props.alert, now());
  const isPast = () => Boolean(props.alert.endedAt);
  const color = () => (isPast() || props.alert.acknowledgedAt ? "text-faint" : icon().class);
  return (
    <li class="flex flex-wrap items-start gap-x-3 gap-y-2 px-4 py-2.5 sm:flex-nowrap sm:px-5">
      <Dynamic
        component={icon().shape}
        class={`mt-0.5 size-4 shrink-0 ${color()}`}
        aria-label={t(`alerts.severities.${props.alert.severity}`)}
        role="img"
      />
      <div class="min-w-0 flex-1 break-words">
        {text()}
        <Show when={props.alert.detail.reason}>
          {(reason) => <span class="block text-sm text-muted">{describeReason(reason())}</span>}
        </Show>
        <Show when={!remedyOf(props.alert) && !isPast()}>
          <Doctor />
        </Show>
        <Times alert={props.alert} />
      </div>
      {/* Several controls have a line of their own on a narrow screen. */}
      <div class="ml-auto flex shrink-0 items-center justify-end gap-1.5 has-[button]:basis-full sm:has-[button]:basis-auto">
        {props.children}
        <Show when={!isPast()}>
          <RemedyLink alert={props.alert} text={text()} />
        </Show>
      </div>
    </li>
  );
}

/** The command that finds the cause, where no page does. */
function Doctor() {
  const [before, after] = t("alerts.doctor", { command: "\n" }).split("\n");
  return (
    <span class="block text-sm text-muted">
      {before}
      <Code>proxypal-server doctor</Code>
      {after}
    </span>
  );
}
