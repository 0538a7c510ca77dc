import { createQuery } from "@urql/solid";
import { createEffect, createSignal, For, type JSX, Show } from "solid-js";
import { type FreshKey, KeySecretDialog } from "../../connect/KeySecretDialog";
import { graphql } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { createDelayed } from "../../lib/createDelayed";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { Head, Table } from "../../ui/Table";
import { AllKeysRow } from "./AllKeysRow";
import { createKeySearch } from "./createKeySearch";
import { KeyFilters } from "./KeyFilters";
import { RevokeKeysDialog } from "./RevokeKeysDialog";

const AllKeysQuery = graphql(`
  query AllKeys($filter: ApiKeyFilter, $orderBy: ApiKeyOrder, $first: Int, $after: String) {
    apiKeys(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      totalCount
      nodes {
        id
        name
        prefix
        lastFour
        state
        user {
          id
          name
        }
        ...AllKeysRow
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

type ColumnsProps = {
  sort: string;
  isAll: boolean;
  isSome: boolean;
  onChooseAll: (chosen: boolean) => void;
};

function Columns(props: ColumnsProps) {
  let box: HTMLInputElement | undefined;
  createEffect(() => {
    if (box) box.indeterminate = props.isSome && !props.isAll;
  });
  const sorted = (sort: string) => (props.sort === sort ? "descending" : undefined);
  return (
    <>
      <May do="revokeApiKeys">
        <Head class="w-px">
          <input
            type="checkbox"
            aria-label={t("keys.chooseAll")}
            checked={props.isAll}
            ref={box}
            onChange={(event) => props.onChooseAll(event.currentTarget.checked)}
            class="size-4 align-middle accent-accent-text"
          />
        </Head>
      </May>
      <Head>{t("common.key")}</Head>
      <Head class="max-sm:hidden">{t("common.user")}</Head>
      <Head class="max-sm:hidden">{t("common.state")}</Head>
      <Head sorted={sorted("used")} class="max-md:hidden">
        {t("keys.lastUsed")}
      </Head>
      <Head number class="max-2xl:hidden">
        {t("keys.columns.requests")}
      </Head>
      <Head number sorted={sorted("tokens")} class="max-md:hidden">
        {t("keys.columns.tokens")}
      </Head>
      <Head number sorted={sorted("cost")} class="max-md:hidden">
        {t("keys.columns.cost")}
      </Head>
      <Head class="max-2xl:hidden">{t("keys.quota")}</Head>
      <Head sorted={props.sort === "expires" ? "ascending" : undefined} class="max-md:hidden">
        {t("keys.ends")}
      </Head>
      <Head>
        <span class="sr-only">{t("keys.todo")}</span>
      </Head>
    </>
  );
}

/** The keys of all users, filtered by the search parameters of the address. */
export function AllKeys(props: { action: JSX.Element }) {
  const search = createKeySearch();
  const wanted = createDelayed(() => search.search.search, TYPING_MS);
  const [chosenIds, setChosenIds] = createSignal<ReadonlySet<string>>(new Set());
  const [isRevoking, setRevoking] = createSignal(false);
  const [fresh, setFresh] = createSignal<FreshKey>();
  const [keys] = createQuery({
    query: AllKeysQuery,
    variables: () => ({
      filter: search.filter(wanted()),
      orderBy: search.order(),
      first: PAGE_SIZE,
      after: search.search.after ?? null,
    }),
    context: { additionalTypenames: ["ApiKey", "Quota"] },
  });
  const list = () => keys.data?.apiKeys;
  // Only what is on the page can be chosen: a key that a filter has removed is not revoked unseen.
  const choosable = () => (list()?.nodes ?? []).filter((key) => key.state !== "REVOKED");
  const chosen = () => choosable().filter((key) => chosenIds().has(key.id));
  const choose = (id: string, isChosen: boolean) =>
    setChosenIds(
      (ids) => new Set(isChosen ? [...ids, id] : [...ids].filter((each) => each !== id)),
    );
  const chooseNone = () => setChosenIds(new Set<string>());

  return (
    <>
      <ListPanel
        error={keys.error}
        count={list()?.nodes.length}
        filters={<KeyFilters search={search} />}
        page={{ after: search.search.after, pageInfo: list()?.pageInfo }}
        empty={
          <Show
            when={search.isNarrowed()}
            fallback={
              <EmptyState do="createUser" title={t("keys.noneAtAll")} action={props.action}>
                {t("keys.noneAtAllHint")}
              </EmptyState>
            }
          >
            <EmptyState
              title={t("keys.noMatch")}
              action={<Button onClick={() => search.clear()}>{t("common.clearFilters")}</Button>}
            >
              {t("keys.noMatchHint")}
            </EmptyState>
          </Show>
        }
      >
        <div
          role="status"
          class="flex min-h-11 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5 text-sm text-muted sm:px-5"
        >
          <Show
            when={chosen().length > 0}
            fallback={t("keys.count", { count: list()?.totalCount ?? 0 })}
          >
            <span class="text-ink">{t("keys.chosen", { count: chosen().length })}</span>
            <Button size="small" tone="danger" onClick={() => setRevoking(true)}>
              {t("keys.revokeManyMore", { count: chosen().length })}
            </Button>
            <Button size="small" tone="quiet" onClick={chooseNone}>
              {t("keys.chooseNone")}
            </Button>
          </Show>
        </div>
        <Table
          label={t("keys.keys")}
          head={
            <Columns
              sort={search.sort()}
              isAll={chosen().length > 0 && chosen().length === choosable().length}
              isSome={chosen().length > 0}
              onChooseAll={(all) =>
                setChosenIds(new Set(all ? choosable().map((key) => key.id) : []))
              }
            />
          }
        >
          <For each={list()?.nodes}>
            {(apiKey) => (
              <AllKeysRow
                apiKey={apiKey}
                isChosen={apiKey.state !== "REVOKED" && chosenIds().has(apiKey.id)}
                onChoose={(isChosen) => choose(apiKey.id, isChosen)}
                onFresh={setFresh}
              />
            )}
          </For>
        </Table>
      </ListPanel>
      <May do="revokeApiKeys">
        <RevokeKeysDialog
          apiKeys={chosen()}
          open={isRevoking()}
          onDone={() => {
            setRevoking(false);
            chooseNone();
          }}
          onClose={() => setRevoking(false)}
        />
      </May>
      <KeySecretDialog fresh={fresh()} onDone={() => setFresh(undefined)} />
    </>
  );
}
