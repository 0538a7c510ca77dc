import { A } from "@solidjs/router";
import ArrowUp from "lucide-solid/icons/arrow-up";
import { Switch as Cases, createSignal, Match, Show } from "solid-js";
import { t } from "../../i18n";
import { localMoment } from "../../lib/moment";
import { Button, buttonClass } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { Switch } from "../../ui/Switch";
import { ColumnChooser } from "./ColumnChooser";
import { createColumns } from "./createColumns";
import { createRequestList } from "./createRequestList";
import { createRequestSearch } from "./createRequestSearch";
import { ExportRequests } from "./ExportRequests";
import { RequestDrawer } from "./RequestDrawer";
import { RequestFilters } from "./RequestFilters";
import { RequestGrid } from "./RequestGrid";
import { FilteredRequestsOverTime } from "./RequestsOverTime";
import { WaitingNow } from "./WaitingNow";

/** All requests, filtered by the search parameters of the URL, with live updates. */
export function RequestExplorer() {
  const { search, filter, filterCount, change, clear, open } = createRequestSearch();
  const columns = createColumns();
  const [isTop, setTop] = createSignal(true);
  const list = createRequestList({
    filter,
    isLive: () => search.live !== "off",
    isHeld: () => !isTop() || search.request !== undefined,
  });
  const zoom = (range: { from: string; to: string }) =>
    change({ from: localMoment(range.from), to: localMoment(range.to) });
  const isEmpty = () => list.rows().length === 0;

  return (
    <Panel
      flush
      title={t(list.hasMore() ? "requests.loadedMore" : "common.requests", {
        count: list.rows().length,
      })}
      actions={
        <>
          <Show when={list.waiting() > 0}>
            <BackToTop count={list.waiting()} onPress={() => setTop(true)} />
          </Show>
          <Switch
            label={t("requests.follow")}
            checked={search.live !== "off"}
            onChange={(live) => change({ live: live ? undefined : "off" })}
          />
          <ColumnChooser columns={columns} />
          <ExportRequests filter={filter()} />
        </>
      }
    >
      <RequestFilters
        search={search}
        filterCount={filterCount()}
        onChange={change}
        onClear={clear}
      />
      <Show when={search.live !== "off"}>
        <WaitingNow />
      </Show>
      <FilteredRequestsOverTime filter={filter()} onChoose={zoom} />
      <Show when={list.error()}>
        <div class="p-4">
          <ErrorNotice error={list.error()} />
        </div>
      </Show>
      <Cases>
        <Match when={!isEmpty()}>
          <RequestGrid
            rows={list.rows()}
            columns={columns.shown()}
            hasMore={list.hasMore()}
            isLoading={list.isLoading()}
            onMore={() => void list.loadMore()}
            onOpen={(row) => open(row.id)}
            onTop={setTop}
          />
        </Match>
        <Match when={list.isLoading()}>
          <Loading />
        </Match>
        <Match when={!list.error()}>
          <NothingHere isFiltered={filterCount() > 0} onClear={clear} />
        </Match>
      </Cases>
      <RequestDrawer id={search.request} onClose={() => open(undefined)} />
    </Panel>
  );
}

function BackToTop(props: { count: number; onPress: () => void }) {
  return (
    <Button
      size="small"
      tone="primary"
      onClick={() => {
        document.querySelector('[role="grid"]')?.scrollTo({ top: 0 });
        props.onPress();
      }}
    >
      <ArrowUp class="size-3.5" aria-hidden="true" />
      <span role="status">{t("requests.waiting", { count: props.count })}</span>
    </Button>
  );
}

function NothingHere(props: { isFiltered: boolean; onClear: () => void }) {
  return (
    <Show
      when={props.isFiltered}
      fallback={
        <EmptyState
          do="createUser"
          title={t("requests.noneYet")}
          action={
            <A href="/users?create=yes" class={buttonClass("primary", "small")}>
              {t("users.create")}
            </A>
          }
        >
          {t("requests.noneYetHint")}
        </EmptyState>
      }
    >
      <EmptyState
        title={t("requests.noMatch")}
        action={<Button onClick={() => props.onClear()}>{t("common.clearFilters")}</Button>}
      >
        {t("requests.noMatchHint")}
      </EmptyState>
    </Show>
  );
}
