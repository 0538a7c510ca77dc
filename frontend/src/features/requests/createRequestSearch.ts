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
  account?: string;
  model?: string;
  endpoint?: string;
  /** A status or a class: `429`, `5xx`. */
  status?: string;
  /** Error codes, separated by commas. */
  code?: string;
  /** The least and the greatest duration in seconds. */
  min?: string;
  max?: string;
  /** An id of a request or its first digits. */
  id?: string;
  /** The id of a WebSocket's first turn. */
  connection?: string;
  /** The id of a session of an agent. */
  session?: string;
  /** By the reader's own clock: `2026-11-25T14:30`. */
  from?: string;
  to?: string;
  live?: string;
  request?: string;
};

/** The filters beyond those that are always shown. */
export const MORE_FILTERS = [
  "account",
  "status",
  "code",
  "endpoint",
  "min",
  "max",
  "id",
  "connection",
  "session",
] as const;

const FILTERS = [
  "user",
  "key",
  "outcome",
  "provider",
  "model",
  "from",
  "to",
  ...MORE_FILTERS,
] as const;

const MILLISECONDS = 1000;
const MOST_SECONDS = 4_000_000;

function moment(local: string | undefined): string | null {
  const at = new Date(local ?? "");
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** Milliseconds of the seconds in an address, if they are a duration. */
function milliseconds(seconds: string | undefined): number | null {
  const value = Number(seconds?.replace(",", "."));
  const isDuration = Boolean(seconds) && value >= 0 && value <= MOST_SECONDS;
  return isDuration ? Math.round(value * MILLISECONDS) : null;
}

function codes(text: string | undefined): string[] | null {
  const found = text?.split(",").map((code) => code.trim());
  const named = found?.filter(Boolean) ?? [];
  return named.length > 0 ? named : null;
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
        accountId: search.account || null,
        model: search.model || null,
        endpoint: search.endpoint || null,
        httpStatus: search.status || null,
        errorCodes: codes(search.code),
        minDurationMs: milliseconds(search.min),
        maxDurationMs: milliseconds(search.max),
        id: search.id || null,
        connectionId: search.connection || null,
        agentSessionId: search.session || null,
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
