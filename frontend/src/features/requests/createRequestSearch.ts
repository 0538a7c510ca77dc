import { useSearchParams } from "@solidjs/router";
import { createMemo } from "solid-js";
import type { Outcome, RequestFilter } from "../../graphql/generated/graphql";
import { readProvider } from "../../ui/providers";
import { OUTCOME_NAMES } from "./OutcomeBadge";

/** The search parameters of the list. */
export type RequestSearch = {
  user?: string;
  key?: string;
  outcome?: string;
  provider?: string;
  model?: string;
  /** By the reader's own clock: `2026-11-25T14:30`. */
  from?: string;
  to?: string;
  live?: string;
  request?: string;
};

const FILTERS = ["user", "key", "outcome", "provider", "model", "from", "to"] as const;

function moment(local: string | undefined): string | null {
  const at = new Date(local ?? "");
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** The outcomes that an address names, without what is none. */
export function readOutcomes(text: string | undefined): Outcome[] {
  return OUTCOME_NAMES.filter((name) => text?.split(",").includes(name));
}

/** The filters, the tail and the open request, all kept in the address. */
export function createRequestSearch() {
  const [search, setSearch] = useSearchParams<RequestSearch>();
  const filter = createMemo(
    (): RequestFilter => {
      const outcomes = readOutcomes(search.outcome);
      return {
        userId: search.user ?? null,
        apiKeyId: search.key ?? null,
        outcomes: outcomes.length > 0 ? outcomes : null,
        provider: readProvider(search.provider) ?? null,
        model: search.model || null,
        from: moment(search.from),
        to: moment(search.to),
      };
    },
    undefined,
    { equals: (left, right) => JSON.stringify(left) === JSON.stringify(right) },
  );
  return {
    search,
    filter,
    filterCount: () => FILTERS.filter((name) => search[name]).length,
    change: (next: RequestSearch) => setSearch(next, { replace: true }),
    clear: () => setSearch(Object.fromEntries(FILTERS.map((name) => [name, undefined]))),
    open: (request: string | undefined) => setSearch({ request }),
  };
}
