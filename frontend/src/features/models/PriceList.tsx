import { useSearchParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { PricesQuery } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { createDelayed } from "../../lib/createDelayed";
import { formatDay, formatUsd } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { SearchField } from "../../ui/SearchField";
import { Cell, Head, Table } from "../../ui/Table";
import { PriceDialog } from "./PriceDialog";
import { PriceRates } from "./PriceRates";
import { PriceUpdateDialog } from "./PriceUpdateDialog";
import { ProviderMarks } from "./ProviderMarks";

const PricesQueryDoc = graphql(`
  query Prices($filter: PriceFilter, $first: Int, $after: String) {
    prices(filter: $filter, first: $first, after: $after) {
      totalCount
      nodes {
        id
        modelPattern
        provider
        inputPerMillion
        outputPerMillion
        cacheReadPerMillion
        cacheWritePerMillion
        cacheWrite1hPerMillion
        reasoningPerMillion
        perRequest
        perImage
        perVideoSecond
        effectiveFrom
        source
        ...PriceRates
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
// Bundled prices are effective from 1970, which is not shown as a date.
const FIRST_DAY = Date.UTC(2000, 0, 1);

type Price = PricesQuery["prices"]["nodes"][number];

function Begin(props: { at: string }) {
  const at = () => Date.parse(props.at);
  return (
    <Show when={at() > FIRST_DAY} fallback={<span aria-hidden="true">–</span>}>
      <span class="whitespace-nowrap">{formatDay(props.at)}</span>
      <Show when={at() > Date.now()}>
        {" "}
        <Badge tone="info">{t("prices.coming")}</Badge>
      </Show>
    </Show>
  );
}

function Row(props: { price: Price }) {
  const money = (usd: string) => <Cell number>{formatUsd(usd)}</Cell>;
  return (
    <tr class="hover:bg-hover/50">
      <Cell class="max-w-56 min-w-40 sm:max-w-sm">
        <span class="font-mono text-xs font-medium break-all">{props.price.modelPattern}</span>
        <span class="block truncate text-sm text-muted" title={props.price.source}>
          {props.price.source}
        </span>
        <PriceRates price={props.price} />
      </Cell>
      <Cell class="text-sm">
        <Show
          when={props.price.provider}
          fallback={<span class="text-muted">{t("common.allProviders")}</span>}
        >
          {(kind) => <ProviderMarks kinds={[kind()]} />}
        </Show>
      </Cell>
      {money(props.price.inputPerMillion)}
      {money(props.price.outputPerMillion)}
      {money(props.price.cacheReadPerMillion)}
      <Cell number>
        {formatUsd(props.price.cacheWritePerMillion)}
        <Show when={props.price.cacheWrite1hPerMillion !== props.price.cacheWritePerMillion}>
          <span class="block text-sm text-muted">
            {t("prices.oneHour", { price: formatUsd(props.price.cacheWrite1hPerMillion) })}
          </span>
        </Show>
      </Cell>
      {money(props.price.reasoningPerMillion)}
      <Cell number>
        {formatUsd(props.price.perRequest)}
        <Show when={Number(props.price.perImage) > 0}>
          <span class="block text-sm text-muted">
            {t("prices.eachImage", { price: formatUsd(props.price.perImage) })}
          </span>
        </Show>
        <Show when={Number(props.price.perVideoSecond) > 0}>
          <span class="block text-sm text-muted">
            {t("prices.eachVideoSecond", { price: formatUsd(props.price.perVideoSecond) })}
          </span>
        </Show>
      </Cell>
      <Cell class="text-sm text-muted">
        <Begin at={props.price.effectiveFrom} />
      </Cell>
    </tr>
  );
}

function Columns() {
  return (
    <>
      <Head>{t("common.model")}</Head>
      <Head>{t("common.provider")}</Head>
      <Head number>{t("usage.kinds.input")}</Head>
      <Head number>{t("usage.kinds.output")}</Head>
      <Head number>{t("usage.kinds.cacheRead")}</Head>
      <Head number>{t("usage.kinds.cacheWrite")}</Head>
      <Head number>{t("usage.kinds.reasoning")}</Head>
      <Head number>{t("prices.perRequest")}</Head>
      <Head>{t("prices.begins")}</Head>
    </>
  );
}

type Search = {
  search?: string;
  show?: string;
  after?: string;
  /** The model whose price is to be added. */
  add?: string;
};

/** Prices of tokens, and since when they apply. */
export function PriceList() {
  const [search, setSearch] = useSearchParams<Search>();
  const wanted = createDelayed(() => search.search, TYPING_MS);
  const [isComparing, setComparing] = createSignal(false);
  const [isAdding, setAdding] = createSignal(Boolean(search.add));
  const [query] = createQuery({
    query: PricesQueryDoc,
    variables: () => ({
      filter: { model: wanted() || null, inForce: search.show === "all" ? null : true },
      first: PAGE_SIZE,
      after: search.after ?? null,
    }),
    context: { additionalTypenames: ["Price"] },
  });
  const list = () => query.data?.prices;
  const change = (next: Search) =>
    setSearch({ after: undefined, ...next }, { replace: true, scroll: false });
  const close = () => {
    setAdding(false);
    if (search.add) setSearch({ add: undefined }, { replace: true, scroll: false });
  };

  return (
    <>
      <ListPanel
        title={t("prices.prices")}
        hint={t("prices.pricesHint")}
        actions={
          <>
            <May do="applyPriceUpdate">
              <Button size="small" onClick={() => setComparing(true)}>
                {t("prices.update.check")}
              </Button>
            </May>
            <May do="createPrice">
              <Button size="small" onClick={() => setAdding(true)}>
                {t("prices.add")}
              </Button>
            </May>
          </>
        }
        error={query.error}
        count={list()?.nodes.length}
        filters={
          <div class="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2.5 sm:px-5">
            <SearchField
              label={t("prices.find")}
              value={search.search}
              onSearch={(text) => change({ search: text })}
            />
            <Choice
              label={t("common.show")}
              value={search.show ?? "now"}
              options={[
                { value: "now", label: t("prices.inForce") },
                { value: "all", label: t("common.all") },
              ]}
              onChoose={(show) => change({ show: show === "all" ? show : undefined })}
            />
          </div>
        }
        page={{ after: search.after, pageInfo: list()?.pageInfo }}
        empty={
          <EmptyState do="createPrice" title={t("prices.none")}>
            {t("prices.noneHint")}
          </EmptyState>
        }
      >
        <Table label={t("prices.prices")} head={<Columns />}>
          <For each={list()?.nodes}>{(price) => <Row price={price} />}</For>
        </Table>
      </ListPanel>
      <May do="createPrice">
        <PriceDialog open={isAdding()} model={search.add} onClose={close} />
      </May>
      <May do="applyPriceUpdate">
        <PriceUpdateDialog open={isComparing()} onClose={() => setComparing(false)} />
      </May>
    </>
  );
}
