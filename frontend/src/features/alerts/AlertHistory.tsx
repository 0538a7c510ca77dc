import { createQuery } from "@urql/solid";
import { For, Show } from "solid-js";
import { AlertRow } from "../../alerts/AlertRow";
import { AlertFragmentDocument } from "../../alerts/alert";
import { followAlerts } from "../../alerts/followAlerts";
import { createAgain } from "../../graphql/createAgain";
import { graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { EmptyState } from "../../ui/EmptyState";
import { Filters } from "../../ui/Filters";
import { ListPanel } from "../../ui/ListPanel";
import { createAlertSearch, KINDS, SEVERITIES } from "./createAlertSearch";

const AlertHistoryQuery = graphql(`
  query AlertHistory($filter: AlertFilter, $first: Int, $after: String) {
    alerts(filter: $filter, first: $first, after: $after) {
      nodes {
        id
        ...Alert
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const PAGE_SIZE = 50;

function HistoryFilters(props: { history: ReturnType<typeof createAlertSearch> }) {
  return (
    <Filters count={props.history.count()} class="border-b border-line px-4 py-2.5 sm:px-5">
      <Choice
        label={t("alerts.kind")}
        all={`${t("alerts.kind")}: ${t("alerts.any")}`}
        value={props.history.search.kind}
        options={KINDS.map((kind) => ({ value: kind, label: t(`alerts.kinds.${kind}`) }))}
        onChoose={(kind) => props.history.change({ kind })}
      />
      <Choice
        label={t("alerts.severity")}
        all={`${t("alerts.severity")}: ${t("alerts.any")}`}
        value={props.history.search.severity}
        options={SEVERITIES.map((each) => ({ value: each, label: t(`alerts.severities.${each}`) }))}
        onChoose={(severity) => props.history.change({ severity })}
      />
      <Choice
        label={t("alerts.state")}
        all={`${t("alerts.state")}: ${t("alerts.any")}`}
        value={props.history.search.acknowledged}
        options={[
          { value: "yes", label: t("alerts.acknowledged") },
          { value: "no", label: t("alerts.unacknowledged") },
        ]}
        onChoose={(acknowledged) => props.history.change({ acknowledged })}
      />
      <Show when={props.history.count() > 0}>
        <Button size="small" tone="quiet" onClick={() => props.history.clear()}>
          {t("common.clearFilters")}
        </Button>
      </Show>
    </Filters>
  );
}

/** The alerts that ended, the latest first. */
export function AlertHistory() {
  const history = createAlertSearch();
  const [query, ask] = createQuery({
    query: AlertHistoryQuery,
    variables: () => ({
      filter: history.filter(),
      first: PAGE_SIZE,
      after: history.search.after ?? null,
    }),
    context: { additionalTypenames: ["Alert"] },
  });
  const again = createAgain(query, ask);
  followAlerts(again, again);
  const alerts = () => query.data && readFragment(AlertFragmentDocument, query.data.alerts.nodes);
  return (
    <ListPanel
      title={t("alerts.history")}
      hint={t("alerts.historyHint")}
      error={query.error}
      count={alerts()?.length}
      filters={<HistoryFilters history={history} />}
      page={{ after: history.search.after, pageInfo: query.data?.alerts.pageInfo }}
      empty={
        <Show
          when={history.count() === 0}
          fallback={
            <EmptyState title={t("alerts.noneFound")}>{t("alerts.noneFoundHint")}</EmptyState>
          }
        >
          <EmptyState title={t("alerts.historyNone")}>{t("alerts.historyNoneHint")}</EmptyState>
        </Show>
      }
    >
      <ul class="divide-y divide-line">
        <For each={alerts()}>{(alert) => <AlertRow alert={alert} />}</For>
      </ul>
    </ListPanel>
  );
}
