import { useSearchParams } from "@solidjs/router";
import { createSignal } from "solid-js";
import type { ApiKeyFilter, ApiKeyOrder, ApiKeyState } from "../../graphql/generated/graphql";
import { findApiKey } from "../../lib/apiKey";

const STATES: readonly string[] = ["ACTIVE", "EXPIRED", "REVOKED"] satisfies ApiKeyState[];

/** Which keys are offered to be shown; an address may ask for other numbers of days. */
export const SHOWN = [
  "all",
  "active",
  "unused30",
  "unused90",
  "expiring7",
  "expiring30",
  "expired",
  "revoked",
];

/** In which order. */
export const SORTS = ["used", "tokens", "cost", "expires", "created"] as const;

const ORDERS: Record<(typeof SORTS)[number], ApiKeyOrder> = {
  used: { field: "LAST_USED_AT", direction: "DESC" },
  tokens: { field: "TOKENS", direction: "DESC" },
  cost: { field: "COST", direction: "DESC" },
  expires: { field: "EXPIRES_AT", direction: "ASC" },
  created: { field: "CREATED_AT", direction: "DESC" },
};
const LONGEST_DAYS = 3650;

/** A choice of keys by time, as `unused30`: what of, and the days. */
export function readDays(show: string): { what: "unused" | "expiring"; days: number } | undefined {
  const [, what, digits] = /^(unused|expiring)(\d{1,4})$/.exec(show) ?? [];
  const days = Number(digits);
  if (!what || days < 1 || days > LONGEST_DAYS) return undefined;
  return { what: what === "unused" ? "unused" : "expiring", days };
}

/** Whether an address asks for keys that can be shown. */
function isShown(show: string | undefined): show is string {
  return show !== undefined && (SHOWN.includes(show) || readDays(show) !== undefined);
}

function isState(name: string): name is ApiKeyState {
  return STATES.includes(name);
}

/** The server's filter for a choice. Only active keys are listed as unused. */
export function filterOf(show: string): ApiKeyFilter {
  const byTime = readDays(show);
  if (byTime?.what === "unused") return { states: ["ACTIVE"], unusedDays: byTime.days };
  if (byTime) return { expiresWithinDays: byTime.days };
  const state = show.toUpperCase();
  return isState(state) ? { states: [state] } : {};
}

type KeySearch = { search?: string; user?: string; show?: string; sort?: string; after?: string };

/** The filters of the list of keys, kept in the address. */
export function createKeySearch() {
  const [search, setSearch] = useSearchParams<KeySearch>();
  const [pastedKey, setPastedKey] = createSignal<string>();
  const show = () => (isShown(search.show) ? search.show : "all");
  const sort = () => SORTS.find((each) => each === search.sort) ?? "used";
  // Another choice is another list, which begins at its first page.
  const change = (next: KeySearch) =>
    setSearch({ after: undefined, ...next }, { replace: true, scroll: false });
  return {
    search,
    show,
    sort,
    /** A whole key in the search field. It is looked up, but never put into the address. */
    pastedKey,
    find(text: string) {
      setPastedKey(findApiKey(text));
      change({ search: pastedKey() ? undefined : text || undefined });
    },
    filter: (text: string | undefined): ApiKeyFilter => ({
      ...filterOf(show()),
      search: text || null,
      userId: search.user || null,
    }),
    order: () => ORDERS[sort()],
    count: () => [search.user, show() !== "all"].filter(Boolean).length,
    isNarrowed: () => Boolean(search.search || search.user) || show() !== "all",
    change,
    clear: () => change({ search: undefined, user: undefined, show: undefined }),
  };
}
