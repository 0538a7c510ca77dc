import { useSearchParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import Search from "lucide-solid/icons/search";
import { For, type JSX, Match, Show, Switch } from "solid-js";
import { graphql } from "../../graphql/generated";
import { createDelayed } from "../../lib/createDelayed";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Pager } from "../../ui/Pager";
import { Panel } from "../../ui/Panel";
import { Head, Table } from "../../ui/Table";
import { UserRow } from "./UserRow";

const UsersQuery = graphql(`
  query Users($filter: UserFilter, $first: Int, $after: String) {
    users(filter: $filter, orderBy: { field: NAME, direction: ASC }, first: $first, after: $after) {
      totalCount
      nodes {
        id
        ...UserRow
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const PAGE_SIZE = 50;
const TYPING_MS = 250;

type UserSearch = { search?: string; after?: string };

function SearchField(props: { value: string | undefined; onSearch: (text: string) => void }) {
  return (
    <div class="relative border-b border-line">
      <Search class="absolute top-3 left-4 size-4 text-faint sm:left-5" aria-hidden="true" />
      <input
        type="search"
        aria-label="Search users"
        placeholder="Search by name or e-mail"
        value={props.value ?? ""}
        onInput={(event) => props.onSearch(event.currentTarget.value)}
        class="h-10 w-full bg-transparent pr-4 pl-10 sm:pl-11"
      />
    </div>
  );
}

/** All users, searched by what stands in the address. */
export function UserList(props: { action: JSX.Element }) {
  const [search, setSearch] = useSearchParams<UserSearch>();
  const wanted = createDelayed(() => search.search, TYPING_MS);
  const [users] = createQuery({
    query: UsersQuery,
    variables: () => ({
      filter: wanted() ? { search: wanted() } : null,
      first: PAGE_SIZE,
      after: search.after ?? null,
    }),
    // A list without users names no user, so the cache could not tell that a new one belongs to it.
    context: { additionalTypenames: ["User"] },
  });
  const list = () => users.data?.users;

  return (
    <Panel flush>
      <SearchField
        value={search.search}
        onSearch={(text) => setSearch({ search: text, after: undefined }, { replace: true })}
      />
      <Show when={users.error}>
        <div class="p-4">
          <ErrorNotice error={users.error} />
        </div>
      </Show>
      <Switch fallback={<Show when={!users.error}>{<Loading />}</Show>}>
        <Match when={list()?.nodes.length}>
          <Table
            label="Users"
            head={
              <>
                <Head>User</Head>
                <Head class="max-sm:hidden">Keys</Head>
                <Head>Last used</Head>
                <Head class="max-md:hidden">Created</Head>
                <Head>Enabled</Head>
              </>
            }
          >
            <For each={list()?.nodes}>{(user) => <UserRow user={user} />}</For>
          </Table>
          <Pager after={search.after} pageInfo={list()?.pageInfo} labels={["First page", "Next"]} />
        </Match>
        <Match when={list() && search.search}>
          <EmptyState title="Nobody by that name">Try a part of the name or the e-mail.</EmptyState>
        </Match>
        <Match when={list()}>
          <EmptyState title="No users yet" action={props.action}>
            A user is a person or a program with keys of its own, so that you see who used what.
          </EmptyState>
        </Match>
      </Switch>
    </Panel>
  );
}
