import { createQuery } from "@urql/solid";
import { type ComponentProps, For, type JSX, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { createKeyLookup } from "../../keys/createKeyLookup";
import { PastedKey } from "../../keys/FoundKey";
import { createChosen } from "../../lib/createChosen";
import { createDelayed } from "../../lib/createDelayed";
import { Choice } from "../../ui/Choice";
import { ChooseAll } from "../../ui/ChooseAll";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { SearchField } from "../../ui/SearchField";
import { Head, Table } from "../../ui/Table";
import { createUserSearch, SHOWN, SORTS } from "./createUserSearch";
import { UserBulkBar } from "./UserBulkBar";
import { UserRow } from "./UserRow";

const UsersQuery = graphql(`
  query Users($filter: UserFilter, $orderBy: UserOrder, $first: Int, $after: String) {
    users(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      totalCount
      nodes {
        id
        name
        archivedAt
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
  const lookup = createKeyLookup(() => props.search.pastedKey());
  return (
    <div class="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2.5 sm:px-5">
      <SearchField
        label={t("users.search")}
        placeholder={t("users.searchHint")}
        value={props.search.search.search}
        onSearch={(text) => props.search.find(text)}
      />
      <Choice
        label={t("common.show")}
        value={props.search.show()}
        options={SHOWN.map((value) => ({ value, label: t(`users.shown.${value}`) }))}
        onChoose={(show) => props.search.change({ show: show === "all" ? undefined : show })}
      />
      <Choice
        label={t("users.sort")}
        value={props.search.sort()}
        options={SORTS.map((value) => ({ value, label: t(`users.sorts.${value}`) }))}
        onChoose={(sort) => props.search.change({ sort: sort === "name" ? undefined : sort })}
      />
      <Show when={props.search.pastedKey()}>
        <PastedKey lookup={lookup} />
      </Show>
    </div>
  );
}

function Columns(props: { chosen: ComponentProps<typeof ChooseAll>["chosen"] }) {
  return (
    <>
      <May do="applyLimits">
        <ChooseAll label={t("users.chooseAll")} chosen={props.chosen} />
      </May>
      <Head>{t("common.user")}</Head>
      <Head class="max-md:hidden">{t("users.quota")}</Head>
      <Head number class="max-sm:hidden">
        {t("users.usedTokens")}
      </Head>
      <Head number class="max-lg:hidden">
        {t("keys.keys")}
      </Head>
      <Head class="max-sm:hidden">{t("users.lastUsed")}</Head>
      <Head class="text-right whitespace-nowrap">{t("users.enabled")}</Head>
    </>
  );
}

/** All users, filtered by the search parameters of the URL. */
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
    // A list without users names no type, so the cache cannot know that a new user belongs to it.
    context: { additionalTypenames: ["User", "Quota"] },
  });
  const list = () => users.data?.users;
  const choosable = () => (list()?.nodes ?? []).filter((user) => !user.archivedAt);
  const chosen = createChosen(choosable);

  return (
    <ListPanel
      error={users.error}
      count={list()?.nodes.length}
      filters={<Filters search={search} />}
      page={{ after: search.search.after, pageInfo: list()?.pageInfo }}
      empty={
        <Show
          when={!search.isNarrowed()}
          fallback={<EmptyState title={t("users.noMatch")}>{t("users.noMatchHint")}</EmptyState>}
        >
          <EmptyState title={t("users.none")} action={props.action}>
            {t("users.noneHint")}
          </EmptyState>
        </Show>
      }
    >
      <UserBulkBar
        users={chosen.chosen()}
        count={list()?.totalCount ?? 0}
        onClear={() => chosen.clear()}
      />
      <Table label={t("users.users")} head={<Columns chosen={chosen} />}>
        <For each={list()?.nodes}>
          {(user) => (
            <UserRow
              user={user}
              isChosen={!user.archivedAt && chosen.isChosen(user.id)}
              onChoose={(isChosen) => chosen.choose(user.id, isChosen)}
            />
          )}
        </For>
      </Table>
    </ListPanel>
  );
}
