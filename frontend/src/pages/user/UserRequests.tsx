import { A, useParams } from "@solidjs/router";
import { RequestLog } from "../../features/requests";
import { t } from "../../i18n";
import { buttonClass } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { Panel } from "../../ui/Panel";

const LATEST = 100;

/** The latest requests of a user, live. */
export function UserRequestLog(props: { userId: string; title: string; first: number }) {
  return (
    <Panel
      title={props.title}
      flush
      actions={
        <>
          <A href={`/agent-sessions?user=${props.userId}`} class={buttonClass("quiet", "small")}>
            {t("agentSessions.title")}
          </A>
          <A href={`/requests?user=${props.userId}`} class={buttonClass("quiet", "small")}>
            {t("common.viewRequests")}
          </A>
        </>
      }
    >
      <RequestLog
        label={props.title}
        filter={{ userId: props.userId }}
        first={props.first}
        live
        hideUser
        empty={<EmptyState title={t("pages.noRequests")}>{t("pages.noRequestsHint")}</EmptyState>}
      />
    </Panel>
  );
}

export default function UserRequests() {
  const params = useParams<{ id: string }>();
  return <UserRequestLog userId={params.id} title={t("pages.tabs.requests")} first={LATEST} />;
}
