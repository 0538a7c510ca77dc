import { createQuery } from "@urql/solid";
import { For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { ListPanel } from "../../ui/ListPanel";
import { notify } from "../../ui/Toaster";
import { SessionRow } from "./SessionRow";

const SessionsQuery = graphql(`
  query Sessions {
    sessions {
      id
      current
      ...SessionRow
    }
  }
`);

const RevokeOtherSessionsMutation = graphql(`
  mutation RevokeOtherSessions {
    revokeOtherSessions {
      revokedSessions
    }
  }
`);

/** The active sessions of the administrator. */
export function SessionList() {
  const context = { additionalTypenames: ["Session"] };
  const [sessions] = createQuery({ query: SessionsQuery, context });
  const [ending, revokeOthers] = createMutation(RevokeOtherSessionsMutation);
  async function endOthers() {
    // The answer is only a number, so the cache has to be invalidated explicitly.
    const { data } = await revokeOthers({}, context);
    const count = data?.revokeOtherSessions.revokedSessions;
    if (count !== undefined) notify({ tone: "ok", text: t("sessions.othersEnded", { count }) });
  }
  // The current session first.
  const list = () =>
    sessions.data?.sessions.toSorted((left, right) => Number(right.current) - Number(left.current));
  return (
    <ListPanel
      title={t("sessions.title")}
      hint={t("sessions.hint")}
      actions={
        <Show when={(sessions.data?.sessions.length ?? 0) > 1}>
          <Button size="small" pending={ending.fetching} onClick={() => void endOthers()}>
            {t("sessions.endOthers")}
          </Button>
        </Show>
      }
      error={sessions.error ?? ending.error}
      count={list()?.length}
      usual={2}
      // Never empty, because it includes the reader's own session.
      empty={null}
    >
      <ul class="divide-y divide-line">
        <For each={list()}>{(session) => <SessionRow session={session} />}</For>
      </ul>
    </ListPanel>
  );
}
