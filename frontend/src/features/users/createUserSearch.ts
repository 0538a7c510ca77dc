import { useSearchParams } from "@solidjs/router";
import { createSignal } from "solid-js";
import type { UserFilter, UserOrder } from "../../graphql/generated/graphql";
import { findApiKey } from "../../lib/apiKey";

/** Which users are shown. */
export const SHOWN = ["all", "enabled", "disabled", "archived"] as const;

/** The order of the list. */
export const SORTS = ["name", "used", "created"] as const;

const ORDERS: Record<(typeof SORTS)[number], UserOrder> = {
  name: { field: "NAME", direction: "ASC" },
  used: { field: "LAST_USED_AT", direction: "DESC" },
  created: { field: "CREATED_AT", direction: "DESC" },
};

type UserSearch = { search?: string; show?: string; sort?: string; after?: string };

/** The filters of the list of users, kept in the URL. */
export function createUserSearch() {
  const [search, setSearch] = useSearchParams<UserSearch>();
  const show = () => SHOWN.find((each) => each === search.show) ?? "all";
  const sort = () => SORTS.find((each) => each === search.sort) ?? "name";
  const filter = (text: string | undefined): UserFilter => ({
    search: text || null,
    enabled: show() === "enabled" ? true : show() === "disabled" ? false : null,
    archived: show() === "archived" ? true : null,
  });
  // Another filter starts at the first page.
  const change = (next: UserSearch) =>
    setSearch({ after: undefined, ...next }, { replace: true, scroll: false });
  const [pastedKey, setPastedKey] = createSignal<string>();
  return {
    search,
    /** A whole API key in the search field. It is looked up, but never put into the URL. */
    pastedKey,
    find(text: string) {
      setPastedKey(findApiKey(text));
      change({ search: pastedKey() ? undefined : text });
    },
    show,
    sort,
    filter,
    order: () => ORDERS[sort()],
    isNarrowed: () => Boolean(search.search) || show() !== "all",
    change,
  };
}
