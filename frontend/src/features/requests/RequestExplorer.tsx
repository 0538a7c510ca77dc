import { useSearchParams } from "@solidjs/router";
import { Show } from "solid-js";
import { EmptyState } from "../../ui/EmptyState";
import { Panel } from "../../ui/Panel";
import { Switch } from "../../ui/Switch";
import { OUTCOME_NAMES, RequestFilters } from "./RequestFilters";
import { RequestLog } from "./RequestLog";

const PAGE_SIZE = 50;

type RequestSearch = { user?: string; outcome?: string; after?: string; live?: string };

/** Every request, filtered by what stands in the address. */
export function RequestExplorer() {
  const [search, setSearch] = useSearchParams<RequestSearch>();
  const outcome = () => OUTCOME_NAMES.find((name) => name === search.outcome);
  const isFiltered = () => Boolean(search.user || outcome());
  const filter = () => ({
    userId: search.user ?? null,
    outcomes: outcome() ? [outcome()].filter((each) => each !== undefined) : null,
  });

  return (
    <Panel
      flush
      title={search.after ? "Older requests" : "Newest first"}
      actions={
        <>
          <RequestFilters
            user={search.user}
            outcome={outcome()}
            onChange={(change) =>
              setSearch({ user: change.user, outcome: change.outcome, after: undefined })
            }
          />
          <Show when={!search.after}>
            <Switch
              label="Live"
              checked={search.live !== "off"}
              onChange={(live) => setSearch({ live: live ? undefined : "off" }, { replace: true })}
            />
          </Show>
        </>
      }
    >
      <RequestLog
        filter={filter()}
        first={PAGE_SIZE}
        after={search.after}
        live={search.live !== "off"}
        paged
        empty={
          <EmptyState title={isFiltered() ? "No such request" : "No requests yet"}>
            {isFiltered()
              ? "Nothing matches these filters. Take one away to see more."
              : "They appear here the moment a key of this server is used."}
          </EmptyState>
        }
      />
    </Panel>
  );
}
