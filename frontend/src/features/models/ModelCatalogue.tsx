import { A, useSearchParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { For, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { ModelCatalogueQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatDay } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { buttonClass } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { providerName } from "../../ui/providers";
import { SearchField } from "../../ui/SearchField";
import { Cell, Head, Table } from "../../ui/Table";
import { PriceTag } from "./PriceTag";
import { ProviderMarks } from "./ProviderMarks";

const ModelCatalogueQueryDoc = graphql(`
  query ModelCatalogue {
    models {
      name
      ownedBy
      aliasOf
      aliases
      demo
      origin
      firstSeenAt
      providers
      accounts {
        id
        label
      }
      price {
        id
        inputPerMillion
        outputPerMillion
      }
    }
  }
`);

type Model = ModelCatalogueQuery["models"][number];

/** Where the engine knows a model from, and since when. */
function seenSince({ origin, firstSeenAt }: Model): string | undefined {
  if (!origin || !firstSeenAt) return undefined;
  return t("models.since", {
    origin: t(`models.origins.${origin}`),
    date: formatDay(firstSeenAt),
  });
}

function Row(props: { model: Model }) {
  const accounts = () => props.model.accounts.map(({ label }) => label).join(", ");
  return (
    <tr class="hover:bg-hover/50">
      <Cell class="max-w-80">
        <A
          href={`/models/resolve?name=${encodeURIComponent(props.model.name)}`}
          class="font-mono text-xs font-medium break-all underline-offset-4 hover:underline"
        >
          {props.model.name}
        </A>
        <Show when={props.model.demo}>
          {" "}
          <Badge tone="info">{t("models.demo")}</Badge>
        </Show>
        <p class="text-sm text-muted sm:hidden">
          <ProviderMarks kinds={props.model.providers} />
        </p>
        <p class="text-sm text-muted max-sm:hidden">
          <Show
            when={props.model.aliasOf}
            fallback={
              <Show when={props.model.ownedBy}>
                {(owner) => t("models.owner", { owner: owner() })}
              </Show>
            }
          >
            {(model) => t("models.standsFor", { model: model() })}
          </Show>
          <Show when={props.model.aliases.length > 0}>
            {" · "}
            {t("models.also", { names: props.model.aliases.join(", ") })}
          </Show>
          <Show when={seenSince(props.model)}>{(since) => ` · ${since()}`}</Show>
        </p>
      </Cell>
      <Cell class="text-sm max-sm:hidden">
        <ProviderMarks kinds={props.model.providers} />
      </Cell>
      <Cell class="max-w-56 text-sm text-muted max-md:hidden">
        <span class="block truncate" title={accounts()}>
          {props.model.accounts.length > 1
            ? t("common.accounts", { count: props.model.accounts.length })
            : accounts()}
        </span>
      </Cell>
      <Cell number>
        <PriceTag price={props.model.price} />
      </Cell>
    </tr>
  );
}

function Columns() {
  return (
    <>
      <Head>{t("common.model")}</Head>
      <Head class="max-sm:hidden">{t("common.provider")}</Head>
      <Head class="max-md:hidden">{t("models.accounts")}</Head>
      <Head number>{t("models.cost")}</Head>
    </>
  );
}

/** Every model that a request may name now. */
export function ModelCatalogue() {
  const [search, setSearch] = useSearchParams<{ search?: string; provider?: string }>();
  const [query] = createQuery({
    query: ModelCatalogueQueryDoc,
    context: { additionalTypenames: ["ProviderAccount", "ModelAlias", "Price"] },
  });
  const all = () => query.data?.models ?? [];
  const kinds = () => [...new Set(all().flatMap(({ providers }) => providers))].toSorted();
  const shown = () => {
    const wanted = (search.search ?? "").trim().toLowerCase();
    return all().filter(
      (model) =>
        (!search.provider || model.providers.some((kind) => kind === search.provider)) &&
        [model.name, ...model.aliases].some((name) => name.toLowerCase().includes(wanted)),
    );
  };
  const change = (next: { search?: string; provider?: string | undefined }) =>
    setSearch(next, { replace: true, scroll: false });

  return (
    <ListPanel
      error={query.error}
      count={query.data && shown().length}
      filters={
        <div class="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2.5 sm:px-5">
          <SearchField
            label={t("models.find")}
            value={search.search}
            onSearch={(text) => change({ search: text })}
          />
          <Choice
            label={t("common.provider")}
            all={t("common.allProviders")}
            value={search.provider}
            options={kinds().map((kind) => ({ value: kind, label: providerName(kind) }))}
            onChoose={(provider) => change({ provider })}
          />
        </div>
      }
      empty={
        <Show
          when={all().length === 0}
          fallback={<EmptyState title={t("models.noMatch")}>{t("models.noMatchHint")}</EmptyState>}
        >
          <EmptyState
            title={t("models.modelsNone")}
            action={
              <A href="/providers" class={buttonClass("primary")}>
                {t("models.toProviders")}
              </A>
            }
          >
            {t("models.modelsNoneHint")}
          </EmptyState>
        </Show>
      }
    >
      <Table label={t("models.models")} head={<Columns />}>
        <For each={shown()}>{(model) => <Row model={model} />}</For>
      </Table>
    </ListPanel>
  );
}
