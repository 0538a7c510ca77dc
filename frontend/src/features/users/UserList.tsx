import { createQuery } from "@urql/solid";
import { For, type JSX, Match, Show, Switch } from "solid-js";
import { graphql } from "../../graphql/generated";
import { createDelayed } from "../../lib/createDelayed";
import { Choice } from "../../ui/Choice";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Pager } from "../../ui/Pager";
import { Panel } from "../../ui/Panel";
import { SearchField } from "../../ui/SearchField";
import { SkeletonRows } from "../../ui/Skeleton";
import { Head, Table } from "../../ui/Table";
import { createUserSearch, SHOWN, SORTS } from "./createUserSearch";
import { UserRow } from "./UserRow";
import { words } from "./words";

const UsersQuery = graphql(`
  query Users($filter: UserFilter, $orderBy: UserOrder, $first: Int, $after: String) {
    users(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
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

function Filters(props: { search: ReturnType<typeof createUserSearch> }) {
  return (
    <div class="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2.5 sm:px-5">
      <SearchField
        label={words().search}
        placeholder={words().searchHint}
        value={props.search.search.search}
        onSearch={(search) => props.search.change({ search })}
      />
      <Choice
        label={words().show}
        value={props.search.show()}
        options={SHOWN.map((value) => ({ value, label: words().shown[value] }))}
        onChoose={(show) => props.search.change({ show: show === "all" ? undefined : show })}
      />
      <Choice
        label={words().sort}
        value={props.search.sort()}
        options={SORTS.map((value) => ({ value, label: words().sorts[value] }))}
        onChoose={(sort) => props.search.change({ sort: sort === "name" ? undefined : sort })}
      />
    </div>
  );
}

function Columns() {
  return (
    <>
      <Head>{words().user}</Head>
      <Head class="max-md:hidden">{words().quota}</Head>
      <Head number class="max-sm:hidden">
        {words().usedTokens}
      </Head>
      <Head number class="max-lg:hidden">
        {words().keys}
      </Head>
      <Head class="max-sm:hidden">{words().lastUsed}</Head>
      <Head class="text-right">{words().enabled}</Head>
    </>
  );
}

/** All users, searched by what stands in the address. */
export function UserList(props: { action: JSX.Element }) {
  const search = createUserSearch();
  const wanted = createDelayed(() => search.search.search, TYPING_MS);
  const [users] = createQuery({
    query: UsersQuery,
    variables: () => ({
      filter: search.filter(wanted()),
      orderBy: search.order(),
      first: PAGE_SIZE,
      after: search.search.after ?? null,
    }),
    // A list without users names no user, so the cache could not tell that a new one belongs to it.
    context: { additionalTypenames: ["User", "Quota"] },
  });
  const list = () => users.data?.users;

  return (
    <Panel flush>
      <Filters search={search} />
      <Show when={users.error}>
        <div class="p-4">
          <ErrorNotice error={users.error} />
        </div>
      </Show>
      <Switch
        fallback={
          <Show when={!users.error}>
            <SkeletonRows />
          </Show>
        }
      >
        <Match when={list()?.nodes.length}>
          <Table label={words().users} head={<Columns />}>
            <For each={list()?.nodes}>{(user) => <UserRow user={user} />}</For>
          </Table>
          <Pager
            after={search.search.after}
            pageInfo={list()?.pageInfo}
            labels={[words().firstPage, words().next]}
          />
        </Match>
        <Match when={list() && search.isNarrowed()}>
          <EmptyState title={words().nobody}>{words().nobodyHint}</EmptyState>
        </Match>
        <Match when={list()}>
          <EmptyState title={words().none} action={props.action}>
            {words().noneHint}
          </EmptyState>
        </Match>
      </Switch>
    </Panel>
  );
}
