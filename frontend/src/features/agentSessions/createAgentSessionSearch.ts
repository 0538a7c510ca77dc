import { useSearchParams } from "@solidjs/router";
import { createMemo } from "solid-js";
import type { AgentSessionFilter } from "../../graphql/generated/graphql";
import { AGENTS } from "./agentName";

type AgentSessionSearch = {
  user?: string;
  agent?: string;
  /** The id that the agent sent. */
  name?: string;
  /** By the reader's own clock: `2026-11-25T14:30`. */
  from?: string;
  to?: string;
  after?: string;
};

const FILTERS = ["user", "agent", "name", "from", "to"] as const;

function moment(local: string | undefined): string | null {
  const at = new Date(local ?? "");
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** The filters of the list of sessions, kept in the address. */
export function createAgentSessionSearch() {
  const [search, setSearch] = useSearchParams<AgentSessionSearch>();
  const filter = createMemo(
    (): AgentSessionFilter => {
      const agent = AGENTS.find((each) => each === search.agent);
      return {
        userId: search.user || null,
        agents: agent ? [agent] : null,
        name: search.name || null,
        from: moment(search.from),
        to: moment(search.to),
      };
    },
    undefined,
    { equals: (left, right) => JSON.stringify(left) === JSON.stringify(right) },
  );
  // Another choice is another list, which begins at its first page.
  const change = (next: AgentSessionSearch) =>
    setSearch({ after: undefined, ...next }, { replace: true, scroll: false });
  return {
    search,
    filter,
    count: () => FILTERS.filter((name) => search[name]).length,
    change,
    clear: () => change(Object.fromEntries(FILTERS.map((name) => [name, undefined]))),
  };
}
