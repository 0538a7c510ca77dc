import { Show } from "solid-js";
import { t } from "../../i18n";
import { UserPicker } from "../../pickers/UserPicker";
import { Button } from "../../ui/Button";
import { Choice, FilterField } from "../../ui/Choice";
import { Filters } from "../../ui/Filters";
import { AGENTS } from "./agentName";
import type { createAgentSessionSearch } from "./createAgentSessionSearch";

type AgentSessionFiltersProps = {
  sessions: ReturnType<typeof createAgentSessionSearch>;
  /** For the holder of a key, whose sessions are of one user. */
  isOwn?: boolean;
};

/** The filters of the list of sessions. */
export function AgentSessionFilters(props: AgentSessionFiltersProps) {
  return (
    <Filters count={props.sessions.count()} class="border-b border-line px-4 py-2.5 sm:px-5">
      <Show when={!props.isOwn}>
        <UserPicker
          label={t("common.user")}
          all={t("common.allUsers")}
          value={props.sessions.search.user}
          onChoose={(user) => props.sessions.change({ user })}
        />
      </Show>
      <Choice
        label={t("agentSessions.agent")}
        all={t("agentSessions.allAgents")}
        value={props.sessions.search.agent}
        options={AGENTS.map((agent) => ({
          value: agent,
          label: t(`agentSessions.agents.${agent}`),
        }))}
        onChoose={(agent) => props.sessions.change({ agent })}
      />
      <FilterField
        type="text"
        label={t("agentSessions.name")}
        value={props.sessions.search.name}
        onChange={(name) => props.sessions.change({ name })}
      />
      <FilterField
        type="datetime-local"
        label={t("common.from")}
        value={props.sessions.search.from}
        onChange={(from) => props.sessions.change({ from })}
      />
      <FilterField
        type="datetime-local"
        label={t("common.to")}
        value={props.sessions.search.to}
        onChange={(to) => props.sessions.change({ to })}
      />
      <Show when={props.sessions.count() > 0}>
        <Button size="small" tone="quiet" onClick={() => props.sessions.clear()}>
          {t("common.clearFilters")}
        </Button>
      </Show>
    </Filters>
  );
}
