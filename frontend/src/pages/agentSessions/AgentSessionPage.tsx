import { A, useParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { AgentSessionDetail, agentName } from "../../features/agentSessions";
import { RequestLog } from "../../features/requests";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import { buttonClass } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Page } from "../../ui/Page";
import { Panel } from "../../ui/Panel";
import { Unanswered } from "./Unanswered";

const AgentSessionQuery = graphql(`
  query AgentSession($id: ID!) {
    agentSession(id: $id) {
      id
      agent
      agentVersion
      user {
        id
        name
      }
      ...AgentSessionDetail
    }
  }
`);

const LATEST = 50;

/** One session of an agent. */
export default function AgentSessionPage() {
  const params = useParams<{ id: string }>();
  const [answer, ask] = createQuery({
    query: AgentSessionQuery,
    variables: () => ({ id: params.id }),
  });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  const session = () => answer.data?.agentSession ?? undefined;
  const title = () => {
    const known = session();
    return known ? agentName(known) : t("agentSessions.session");
  };
  return (
    <Page title={title()} trail={{ href: "/agent-sessions", label: t("agentSessions.title") }}>
      <ErrorNotice error={answer.error} />
      <Show
        when={session()}
        fallback={
          <Show when={!answer.error}>
            <Unanswered isLost={Boolean(answer.data)} />
          </Show>
        }
      >
        {(known) => (
          <>
            <AgentSessionDetail session={known()} user={known().user} />
            <Panel
              flush
              title={t("agentSessions.requests")}
              actions={
                <A href={`/requests?session=${known().id}`} class={buttonClass("quiet", "small")}>
                  {t("common.viewRequests")}
                </A>
              }
            >
              <RequestLog
                label={t("agentSessions.requests")}
                filter={{ agentSessionId: known().id }}
                first={LATEST}
                live
                hideUser
                empty={
                  <EmptyState title={t("agentSessions.noRequests")}>
                    {t("agentSessions.noRequestsHint")}
                  </EmptyState>
                }
              />
            </Panel>
          </>
        )}
      </Show>
    </Page>
  );
}
