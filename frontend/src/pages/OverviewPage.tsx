import { A } from "@solidjs/router";
import { createMemo } from "solid-js";
import {
  ActiveUsers,
  Attention,
  createOverview,
  LastDay,
  RunningOut,
  Vitals,
} from "../features/overview";
import { RequestLog } from "../features/requests";
import { t } from "../i18n";
import { buttonClass } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorNotice } from "../ui/ErrorNotice";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";
import { FirstSteps } from "./FirstSteps";
import { LiveMark } from "./LiveMark";

const LATEST = 10;
const ERRORS = 8;

/** The current state of the server: health, active users, exhausted limits, cost. */
export default function OverviewPage() {
  const overview = createOverview();
  return (
    <Page title={t("overview.title")} actions={<LiveMark />}>
      <ErrorNotice error={overview.error()} />
      <Attention overview={overview} />
      <Vitals overview={overview} />
      <div class="grid gap-5 lg:grid-cols-2">
        <ActiveUsers overview={overview} />
        <RunningOut overview={overview} />
      </div>
      <LastDay overview={overview} />
      <Latest />
      <LatestErrors since={overview.periods().hour.from} />
    </Page>
  );
}

function Latest() {
  return (
    <Panel
      title={t("common.latestRequests")}
      flush
      actions={
        <A href="/requests" class={buttonClass("quiet", "small")}>
          {t("common.viewRequests")}
        </A>
      }
    >
      <RequestLog filter={{}} first={LATEST} live empty={<FirstSteps />} />
    </Panel>
  );
}

function LatestErrors(props: { since: string | null | undefined }) {
  // Rounded to ten minutes, so that the list is not queried every half minute.
  const since = createMemo(() => props.since?.slice(0, 15).concat("0:00.000Z"));
  return (
    <Panel
      title={t("overview.errors")}
      flush
      actions={
        <A
          href="/requests?outcome=UPSTREAM_ERROR,INTERRUPTED"
          class={buttonClass("quiet", "small")}
        >
          {t("overview.allErrors")}
        </A>
      }
    >
      <RequestLog
        label={t("overview.errors")}
        filter={{ outcomes: ["UPSTREAM_ERROR", "INTERRUPTED"], from: since() ?? null }}
        first={ERRORS}
        live
        empty={
          <EmptyState title={t("overview.errorsNone")}>{t("overview.errorsNoneHint")}</EmptyState>
        }
      />
    </Panel>
  );
}
