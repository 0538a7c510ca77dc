import { useSearchParams } from "@solidjs/router";
import type { UserFilter, UserOrder } from "../../graphql/generated/graphql";

/** Which users are shown. */
export const SHOWN = ["all", "enabled", "disabled", "archived"] as const;

/** In which order. */
export const SORTS = ["name", "used", "created"] as const;

const ORDERS: Record<(typeof SORTS)[number], UserOrder> = {
  name: { field: "NAME", direction: "ASC" },
  used: { field: "LAST_USED_AT", direction: "DESC" },
  created: { field: "CREATED_AT", direction: "DESC" },
};

type UserSearch = { search?: string; show?: string; sort?: string; after?: string };

/** What the list of users shows, kept in the address. */
export function createUserSearch() {
  const [search, setSearch] = useSearchParams<UserSearch>();
  const show = () => SHOWN.find((each) => each === search.show) ?? "all";
  const sort = () => SORTS.find((each) => each === search.sort) ?? "name";
  const filter = (text: string | undefined): UserFilter => ({
    search: text || null,
    enabled: show() === "enabled" ? true : show() === "disabled" ? false : null,
    archived: show() === "archived" ? true : null,
  });
  return {
    search,
    show,
    sort,
    filter,
    order: () => ORDERS[sort()],
    isNarrowed: () => Boolean(search.search) || show() !== "all",
    // Another choice is another list, which begins at its first page.
    change: (next: UserSearch) =>
      setSearch({ after: undefined, ...next }, { replace: true, scroll: false }),
  };
}
