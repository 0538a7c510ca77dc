import { useSearchParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { createMemo, For, Match, Show, Switch } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { OwnModelsQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatUsd } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { SearchField } from "../../ui/SearchField";
import { Cell, Head, Table } from "../../ui/Table";

const OwnModelsDocument = graphql(`
  query OwnModels {
    viewer {
      __typename
      ... on KeyHolder {
        models {
          name
          aliasOf
          demo
          priceVaries
          price {
            inputPerMillion
            cacheReadPerMillion
            outputPerMillion
          }
        }
      }
    }
  }
`);

type Own = Extract<OwnModelsQuery["viewer"], { models?: unknown }>;
type Model = NonNullable<Own["models"]>[number];

/** The three prices of a model, or that there is none. */
function Prices(props: { model: Model }) {
  return (
    <Switch
      fallback={
        <td colspan="3" class="px-2.5 py-2 pr-4 text-right text-muted sm:pr-5">
          {t("models.unpricedOwn")}
        </td>
      }
    >
      <Match when={props.model.priceVaries}>
        <td colspan="3" class="px-2.5 py-2 pr-4 text-right text-muted sm:pr-5">
          {t("models.priceVaries")}
        </td>
      </Match>
      <Match when={props.model.price}>
        {(price) => (
          <>
            <Cell number>{formatUsd(price().inputPerMillion)}</Cell>
            <Cell number class="max-sm:hidden">
              {formatUsd(price().cacheReadPerMillion)}
            </Cell>
            <Cell number>{formatUsd(price().outputPerMillion)}</Cell>
          </>
        )}
      </Match>
    </Switch>
  );
}

function Row(props: { model: Model }) {
  return (
    <tr class="hover:bg-hover/50">
      <Cell class="max-w-80">
        <span class="font-mono text-xs font-medium break-all">{props.model.name}</span>
        <Show when={props.model.demo}>
          {" "}
          <Badge tone="info">{t("models.demo")}</Badge>
        </Show>
        <Show when={props.model.aliasOf}>
          {(model) => (
            <p class="text-sm break-words text-muted">
              {t("models.standsFor", { model: model() })}
            </p>
          )}
        </Show>
        <Show when={props.model.price}>
          {(price) => (
            <p class="text-sm text-muted sm:hidden">
              {t("usage.kinds.cacheRead")}: {formatUsd(price().cacheReadPerMillion)}
            </p>
          )}
        </Show>
      </Cell>
      <Prices model={props.model} />
    </tr>
  );
}

function Columns() {
  return (
    <>
      <Head>{t("common.model")}</Head>
      <Head number>{t("usage.kinds.input")}</Head>
      <Head number class="max-sm:hidden">
        {t("usage.kinds.cacheRead")}
      </Head>
      <Head number>{t("usage.kinds.output")}</Head>
    </>
  );
}

/** The models that an end user's key can use, with prices. */
export function OwnModels() {
  const [search, setSearch] = useSearchParams<{ search?: string }>();
  const [answer] = createQuery({ query: OwnModelsDocument });
  const own = createMemo<Own | undefined>((before) => {
    const viewer = answer.data?.viewer;
    return viewer && "models" in viewer ? viewer : before;
  });
  const all = () => own()?.models ?? [];
  const shown = () => {
    const wanted = (search.search ?? "").trim().toLowerCase();
    return all().filter((model) => model.name.toLowerCase().includes(wanted));
  };

  return (
    <ListPanel
      title={t("models.models")}
      hint={t("models.pricesHint")}
      error={answer.error}
      count={own() && shown().length}
      filters={
        <Show when={all().length > 0}>
          <div class="border-b border-line px-4 py-2.5 sm:px-5">
            <SearchField
              label={t("models.find")}
              value={search.search}
              onSearch={(text) =>
                setSearch({ search: text || undefined }, { replace: true, scroll: false })
              }
            />
          </div>
        </Show>
      }
      empty={
        <Switch
          fallback={<EmptyState title={t("models.noMatch")}>{t("models.noMatchOwn")}</EmptyState>}
        >
          <Match when={own() && !own()?.models}>
            <EmptyState title={t("models.unknownOwn")}>{t("models.unknownOwnHint")}</EmptyState>
          </Match>
          <Match when={all().length === 0}>
            <EmptyState title={t("models.modelsNone")}>{t("models.noneOwnHint")}</EmptyState>
          </Match>
        </Switch>
      }
    >
      <Table label={t("models.models")} head={<Columns />}>
        <For each={shown()}>{(model) => <Row model={model} />}</For>
      </Table>
    </ListPanel>
  );
}
