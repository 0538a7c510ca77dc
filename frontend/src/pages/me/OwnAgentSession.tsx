import { A, useParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { AgentSessionDetail, agentName } from "../../features/agentSessions";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import { buttonClass } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Page } from "../../ui/Page";
import { Unanswered } from "../agentSessions/Unanswered";

const OwnAgentSessionDocument = graphql(`
  query OwnAgentSession($id: ID!) {
    viewer {
      __typename
      ... on KeyHolder {
        agentSession(id: $id) {
          id
          agent
          agentVersion
          ...AgentSessionDetail
        }
      }
    }
  }
`);

/** One session of an end user's agents. */
export default function OwnAgentSession() {
  const params = useParams<{ id: string }>();
  const [answer, ask] = createQuery({
    query: OwnAgentSessionDocument,
    variables: () => ({ id: params.id }),
  });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  const session = () => {
    const viewer = answer.data?.viewer;
    return (viewer && "agentSession" in viewer ? viewer.agentSession : undefined) ?? undefined;
  };
  const title = () => {
    const known = session();
    return known ? agentName(known) : t("agentSessions.session");
  };
  return (
    <Page
      title={title()}
      trail={{ href: "/me/agent-sessions", label: t("agentSessions.title") }}
      actions={
        <Show when={session()}>
          {(known) => (
            <A href={`/me/requests?session=${known().id}`} class={buttonClass("plain")}>
              {t("common.viewRequests")}
            </A>
          )}
        </Show>
      }
    >
      <ErrorNotice error={answer.error} />
      <Show
        when={session()}
        fallback={
          <Show when={!answer.error}>
            <Unanswered isLost={Boolean(answer.data)} />
          </Show>
        }
      >
        {(known) => <AgentSessionDetail session={known()} />}
      </Show>
    </Page>
  );
}
