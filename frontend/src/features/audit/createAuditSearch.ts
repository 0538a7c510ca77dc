import { useSearchParams } from "@solidjs/router";
import type { ActorKind, AuditEventFilter } from "../../graphql/generated/graphql";

/** The search parameters of the list. */
export type AuditSearch = {
  who?: string;
  actor?: string;
  action?: string;
  about?: string;
  subject?: string;
  outcome?: string;
  /** By the reader's own clock: `2026-11-25T14:30`. */
  from?: string;
  to?: string;
  after?: string;
  event?: string;
};

/** All sorts of callers. */
export const ACTOR_KINDS: readonly ActorKind[] = [
  "ADMIN",
  "ANONYMOUS",
  "API_TOKEN",
  "CLI",
  "SYSTEM",
];

const FILTERS = ["who", "actor", "action", "about", "subject", "outcome", "from", "to"] as const;

function moment(local: string | undefined): string | null {
  const at = new Date(local ?? "");
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** Which events are shown, and which is open, kept in the address. */
export function createAuditSearch() {
  const [search, setSearch] = useSearchParams<AuditSearch>();
  const filter = (): AuditEventFilter => ({
    actorKind: ACTOR_KINDS.find((kind) => kind === search.who) ?? null,
    actorId: search.actor ?? null,
    actions: search.action ? search.action.split(",") : null,
    subjectKind: search.about || null,
    subjectId: search.subject ?? null,
    failed: search.outcome === "failed" ? true : search.outcome === "done" ? false : null,
    from: moment(search.from),
    to: moment(search.to),
  });
  return {
    search,
    filter,
    filterCount: () => FILTERS.filter((name) => search[name]).length,
    // Another choice is another list, which begins at its first page.
    change: (next: AuditSearch) =>
      setSearch({ after: undefined, event: undefined, ...next }, { replace: true, scroll: false }),
    clear: () =>
      setSearch({
        ...Object.fromEntries(FILTERS.map((name) => [name, undefined])),
        after: undefined,
      }),
    open: (event: number | undefined) =>
      setSearch({ event: event === undefined ? undefined : String(event) }, { scroll: false }),
  };
}
