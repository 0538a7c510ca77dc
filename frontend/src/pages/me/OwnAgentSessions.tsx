import { A } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { createMemo, Show } from "solid-js";
import {
  AgentSessionFilters,
  AgentSessionTable,
  createAgentSessionSearch,
} from "../../features/agentSessions";
import { graphql } from "../../graphql/generated";
import type { OwnAgentSessionsQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import { buttonClass } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { Page } from "../../ui/Page";

const OwnAgentSessionsDocument = graphql(`
  query OwnAgentSessions($filter: AgentSessionFilter, $first: Int!, $after: String) {
    viewer {
      __typename
      ... on KeyHolder {
        agentSessions(filter: $filter, first: $first, after: $after) {
          nodes {
            id
            ...AgentSessionRow
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`);

const PAGE_SIZE = 50;

type Own = Extract<OwnAgentSessionsQuery["viewer"], { agentSessions: unknown }>;

/** The sessions of an end user's agents, with all of their keys. */
export default function OwnAgentSessions() {
  const search = createAgentSessionSearch();
  const [answer, ask] = createQuery({
    query: OwnAgentSessionsDocument,
    variables: () => ({
      filter: search.filter(),
      first: PAGE_SIZE,
      after: search.search.after ?? null,
    }),
  });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  const own = createMemo<Own | undefined>((before) => {
    const viewer = answer.data?.viewer;
    return viewer && "agentSessions" in viewer ? viewer : before;
  });
  const found = () => own()?.agentSessions;
  return (
    <Page title={t("agentSessions.title")} hint={t("agentSessions.ownHint")}>
      <ListPanel
        title={t("agentSessions.latest")}
        error={answer.error}
        count={found()?.nodes.length}
        filters={<AgentSessionFilters sessions={search} isOwn />}
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
                <A href="/me/connect" class={buttonClass("primary", "small")}>
                  {t("shell.places.connect")}
                </A>
              }
            >
              {t("agentSessions.ownNoneHint")}
            </EmptyState>
          </Show>
        }
      >
        <AgentSessionTable
          label={t("agentSessions.latest")}
          sessions={found()?.nodes ?? []}
          hideUser
          addressOf={(id) => `/me/agent-sessions/${id}`}
        />
      </ListPanel>
    </Page>
  );
}
