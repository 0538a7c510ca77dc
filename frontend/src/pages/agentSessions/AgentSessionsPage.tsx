import { A } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import {
  AgentSessionFilters,
  AgentSessionTable,
  createAgentSessionSearch,
} from "../../features/agentSessions";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import { buttonClass } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { Page } from "../../ui/Page";

const AgentSessionsQuery = graphql(`
  query AgentSessions($filter: AgentSessionFilter, $first: Int, $after: String) {
    agentSessions(filter: $filter, first: $first, after: $after) {
      nodes {
        id
        user {
          id
          name
        }
        ...AgentSessionRow
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const PAGE_SIZE = 50;

/** The sessions of all users. */
export default function AgentSessionsPage() {
  const search = createAgentSessionSearch();
  const [answer, ask] = createQuery({
    query: AgentSessionsQuery,
    variables: () => ({
      filter: search.filter(),
      first: PAGE_SIZE,
      after: search.search.after ?? null,
    }),
  });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  const found = () => answer.data?.agentSessions;
  return (
    <Page title={t("agentSessions.title")} hint={t("agentSessions.hint")}>
      <ListPanel
        title={t("agentSessions.latest")}
        error={answer.error}
        count={found()?.nodes.length}
        filters={<AgentSessionFilters sessions={search} />}
        page={{ after: search.search.after, pageInfo: found()?.pageInfo }}
        empty={
          <Show
            when={search.count() === 0}
            fallback={
              <EmptyState title={t("agentSessions.noMatch")}>
                {t("agentSessions.noMatchHint")}
              </EmptyState>
            }
          >
            <EmptyState
              title={t("agentSessions.none")}
              action={
                <A href="/users" class={buttonClass("primary", "small")}>
                  {t("agentSessions.connect")}
                </A>
              }
            >
              {t("agentSessions.noneHint")}
            </EmptyState>
          </Show>
        }
      >
        <AgentSessionTable
          label={t("agentSessions.latest")}
          sessions={found()?.nodes ?? []}
          addressOf={(id) => `/agent-sessions/${id}`}
        />
      </ListPanel>
    </Page>
  );
}
