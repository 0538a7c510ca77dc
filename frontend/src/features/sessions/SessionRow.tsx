import { Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Ago } from "../../ui/Moment";
import { notify } from "../../ui/Toaster";
import { describeBrowser } from "./browser";

const SessionRowFragment = graphql(`
  fragment SessionRow on Session {
    id
    createdAt
    lastSeenAt
    clientIp
    userAgent
    current
  }
`);

const RevokeSessionMutation = graphql(`
  mutation RevokeSession($id: ID!) {
    revokeSession(id: $id) {
      session {
        id
      }
    }
  }
`);

/** One session. */
export function SessionRow(props: { session: FragmentType<typeof SessionRowFragment> }) {
  const session = () => readFragment(SessionRowFragment, props.session);
  const [ending, revoke] = createMutation(RevokeSessionMutation);
  async function end() {
    const { error } = await revoke({ id: session().id });
    if (!error) notify({ tone: "ok", text: t("sessions.ended") });
  }
  return (
    <li class="flex flex-wrap items-center justify-between gap-3 px-4 py-3 sm:px-5">
      <div class="min-w-0">
        <p class="flex items-center gap-2 font-medium" title={session().userAgent ?? undefined}>
          {describeBrowser(session().userAgent)}
          <Show when={session().current}>
            <Badge tone="accent">{t("sessions.current")}</Badge>
          </Show>
        </p>
        <p class="text-sm text-muted">
          {session().clientIp ?? t("sessions.noAddress")}, {t("sessions.lastSeen")}{" "}
          <Ago at={session().lastSeenAt} />, {t("sessions.signedIn")}{" "}
          <Ago at={session().createdAt} />
        </p>
      </div>
      <Show when={!session().current}>
        <Button size="small" pending={ending.fetching} onClick={() => void end()}>
          {t("sessions.end")}
        </Button>
      </Show>
      <ErrorNotice error={ending.error} />
    </li>
  );
}
