import { createQuery } from "@urql/solid";
import { type ComponentProps, createSignal, For, type JSX, Show } from "solid-js";
import { type FreshKey, KeySecretDialog } from "../../connect/KeySecretDialog";
import { graphql } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { createChosen } from "../../lib/createChosen";
import { createDelayed } from "../../lib/createDelayed";
import { Button } from "../../ui/Button";
import { ChooseAll } from "../../ui/ChooseAll";
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

type ColumnsProps = { sort: string; chosen: ComponentProps<typeof ChooseAll>["chosen"] };

function Columns(props: ColumnsProps) {
  const sorted = (sort: string) => (props.sort === sort ? "descending" : undefined);
  return (
    <>
      <May do="revokeApiKeys">
        <ChooseAll label={t("keys.chooseAll")} chosen={props.chosen} />
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
  const choosable = () => (list()?.nodes ?? []).filter((key) => key.state !== "REVOKED");
  const chosen = createChosen(choosable);

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
            when={chosen.chosen().length > 0}
            fallback={t("keys.count", { count: list()?.totalCount ?? 0 })}
          >
            <span class="text-ink">{t("keys.chosen", { count: chosen.chosen().length })}</span>
            <Button size="small" tone="danger" onClick={() => setRevoking(true)}>
              {t("keys.revokeManyMore", { count: chosen.chosen().length })}
            </Button>
            <Button size="small" tone="quiet" onClick={() => chosen.clear()}>
              {t("keys.chooseNone")}
            </Button>
          </Show>
        </div>
        <Table label={t("keys.keys")} head={<Columns sort={search.sort()} chosen={chosen} />}>
          <For each={list()?.nodes}>
            {(apiKey) => (
              <AllKeysRow
                apiKey={apiKey}
                isChosen={apiKey.state !== "REVOKED" && chosen.isChosen(apiKey.id)}
                onChoose={(isChosen) => chosen.choose(apiKey.id, isChosen)}
                onFresh={setFresh}
              />
            )}
          </For>
        </Table>
      </ListPanel>
      <May do="revokeApiKeys">
        <RevokeKeysDialog
          apiKeys={chosen.chosen()}
          open={isRevoking()}
          onDone={() => {
            setRevoking(false);
            chosen.clear();
          }}
          onClose={() => setRevoking(false)}
        />
      </May>
      <KeySecretDialog fresh={fresh()} onDone={() => setFresh(undefined)} />
    </>
  );
}
