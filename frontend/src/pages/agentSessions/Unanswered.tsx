import { Show } from "solid-js";
import { t } from "../../i18n";
import { EmptyState } from "../../ui/EmptyState";
import { Loading } from "../../ui/Loading";

/** A session that is loading or does not exist. */
export function Unanswered(props: { isLost: boolean }) {
  return (
    <Show when={props.isLost} fallback={<Loading />}>
      <EmptyState title={t("agentSessions.lost")}>{t("agentSessions.lostHint")}</EmptyState>
    </Show>
  );
}
