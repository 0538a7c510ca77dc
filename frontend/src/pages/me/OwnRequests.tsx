import { useSearchParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { createMemo, Show } from "solid-js";
import {
  createRequestSearch,
  OwnRequestDrawer,
  OwnRequestsOverTime,
  RequestTable,
} from "../../features/requests";
import { graphql } from "../../graphql/generated";
import type { OwnRequestsQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import { localMoment } from "../../lib/moment";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Page } from "../../ui/Page";
import { Pager } from "../../ui/Pager";
import { Panel } from "../../ui/Panel";
import { SkeletonRows } from "../../ui/Skeleton";

const OwnRequestsDocument = graphql(`
  query OwnRequests($filter: RequestFilter, $first: Int!, $after: String) {
    viewer {
      __typename
      ... on KeyHolder {
        requests(filter: $filter, first: $first, after: $after) {
          nodes {
            id
            ...RequestRow
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`);

const PAGE_SIZE = 50;

type Own = Extract<OwnRequestsQuery["viewer"], { requests: unknown }>;

/** An end user's own requests, with all of their keys. */
export default function OwnRequests() {
  const [paging, setPaging] = useSearchParams<{ after?: string }>();
  const { search, filter, filterCount, change, clear, open } = createRequestSearch();
  const [answer, ask] = createQuery({
    query: OwnRequestsDocument,
    variables: () => ({ filter: filter(), first: PAGE_SIZE, after: paging.after ?? null }),
  });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  const own = createMemo<Own | undefined>((before) => {
    const viewer = answer.data?.viewer;
    return viewer && "requests" in viewer ? viewer : before;
  });
  const zoom = (range: { from: string; to: string }) => {
    change({ from: localMoment(range.from), to: localMoment(range.to) });
    setPaging({ after: undefined });
  };
  const addressOf = (request: string) => {
    const set = Object.entries({ ...search, after: paging.after, request });
    return `/me/requests?${new URLSearchParams(set.filter((entry): entry is [string, string] => Boolean(entry[1])))}`;
  };

  return (
    <Page title={t("usage.measures.requests")}>
      <ErrorNotice error={answer.error} />
      <Panel
        flush
        title={t("requests.over.title")}
        actions={
          <Show when={filterCount() > 0}>
            <Button size="small" onClick={() => clear()}>
              {t("common.clearFilters")}
            </Button>
          </Show>
        }
      >
        <OwnRequestsOverTime filter={filter()} onChoose={zoom} />
        <Show when={own()} fallback={<SkeletonRows />}>
          {(known) => (
            <>
              <Show
                when={known().requests.nodes.length > 0}
                fallback={<Nothing isFiltered={filterCount() > 0} />}
              >
                <RequestTable
                  requests={known().requests.nodes}
                  hideUser
                  newCount={0}
                  addressOf={addressOf}
                />
              </Show>
              <Pager
                after={paging.after}
                pageInfo={known().requests.pageInfo}
                labels={[t("common.firstPage"), t("common.nextPage")]}
              />
            </>
          )}
        </Show>
      </Panel>
      <OwnRequestDrawer id={search.request} onClose={() => open(undefined)} />
    </Page>
  );
}

function Nothing(props: { isFiltered: boolean }) {
  return (
    <Show
      when={props.isFiltered}
      fallback={
        <EmptyState title={t("pages.own.noRequests")}>{t("pages.own.noRequestsHint")}</EmptyState>
      }
    >
      <EmptyState title={t("requests.noMatch")}>{t("requests.noMatchHint")}</EmptyState>
    </Show>
  );
}
