import { createQuery } from "@urql/solid";
import { For, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { WindowHistoryQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Time } from "../../ui/Moment";
import { Cell, Head, Table } from "../../ui/Table";
import { nameOfWindow } from "../../windows";
import { cyclesOf, levelPath } from "./cycles";
import { CycleFacts, closedAt, WindowParts } from "./WindowParts";

const WindowHistoryQueryDoc = graphql(`
  query WindowHistory($accountId: ID!, $since: DateTime!) {
    windowHistory(accountId: $accountId, since: $since) {
      name
      readings {
        observedAt
        usedPercent
        resetsAt
      }
    }
    accountWindows(accountId: $accountId) {
      name
      estimate {
        outsidePercent
        unitsPerPercent
      }
      usedBy(first: 20) {
        user {
          id
          name
        }
        units
        percent
      }
      cycles(first: 8) {
        endedAt
        outsidePercent
        unitsPerPercent
      }
    }
  }
`);

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;
const SHOWN_CYCLES = 8;

type History = WindowHistoryQuery["windowHistory"][number];
type Known = WindowHistoryQuery["accountWindows"][number];

function WindowOverTime(props: {
  history: History;
  known: Known | undefined;
  from: number;
  until: number;
}) {
  const name = () => nameOfWindow(props.history.name);
  const line = () => levelPath(props.history.readings, props.from, props.until);
  const cycles = () => cyclesOf(props.history.readings).slice(0, SHOWN_CYCLES);
  return (
    <section class="mt-4">
      <h3 class="font-medium">{name()}</h3>
      <svg
        role="img"
        aria-label={t("providers.history.chart", { window: name() })}
        viewBox="0 0 100 100"
        preserveAspectRatio="none"
        class="mt-2 h-20 w-full rounded-md bg-track"
      >
        <path
          d={line()}
          class="fill-none stroke-accent-text"
          stroke-width="1.5"
          stroke-linejoin="round"
          vector-effect="non-scaling-stroke"
        />
      </svg>
      <Show when={props.known}>{(known) => <WindowParts window={known()} />}</Show>
      <Show when={cycles().length > 0}>
        <div class="-mx-5 mt-3 border-t border-line px-1 text-sm sm:px-0">
          <Table
            label={name()}
            head={
              <>
                <Head>{t("providers.history.reset")}</Head>
                <Head number>{t("providers.history.highest")}</Head>
                <Head number>{t("windows.outsideHead")}</Head>
                <Head number>{t("windows.buysHead")}</Head>
              </>
            }
          >
            <For each={cycles()}>
              {(cycle) => (
                <tr>
                  <Cell>
                    <Time at={cycle.resetsAt} />
                  </Cell>
                  <Cell number>{t("windows.percent", { percent: cycle.usedPercent })}</Cell>
                  <CycleFacts closed={closedAt(props.known?.cycles ?? [], cycle.resetsAt)} />
                </tr>
              )}
            </For>
          </Table>
        </div>
      </Show>
    </section>
  );
}

function Histories(props: { accountId: string }) {
  const until = Date.now();
  const from = until - WEEK_MS;
  const [history] = createQuery({
    query: WindowHistoryQueryDoc,
    variables: () => ({ accountId: props.accountId, since: new Date(from).toISOString() }),
    requestPolicy: "network-only",
  });
  return (
    <>
      <ErrorNotice error={history.error} />
      <Show when={history.data} fallback={<Show when={!history.error}>{<Loading />}</Show>}>
        {(data) => (
          <For
            each={data().windowHistory}
            fallback={<p class="text-muted">{t("providers.history.none")}</p>}
          >
            {(window) => (
              <WindowOverTime
                history={window}
                known={data().accountWindows.find((known) => known.name === window.name)}
                from={from}
                until={until}
              />
            )}
          </For>
        )}
      </Show>
    </>
  );
}

/** The levels of an account's usage windows in the last seven days, and how full each was at its reset. */
export function WindowHistoryDialog(props: {
  account: { id: string; label: string };
  open: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog
      title={t("providers.history.title", { label: props.account.label })}
      description={t("providers.history.hint")}
      open={props.open}
      onClose={props.onClose}
    >
      <Histories accountId={props.account.id} />
    </Dialog>
  );
}
