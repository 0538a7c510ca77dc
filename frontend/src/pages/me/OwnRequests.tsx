import { useSearchParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { createMemo, Show } from "solid-js";
import { RequestTable } from "../../features/requests";
import { graphql } from "../../graphql/generated";
import type { OwnRequestsQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Page } from "../../ui/Page";
import { Pager } from "../../ui/Pager";
import { Panel } from "../../ui/Panel";
import { SkeletonRows } from "../../ui/Skeleton";

const OwnRequestsDocument = graphql(`
  query OwnRequests($first: Int!, $after: String) {
    viewer {
      __typename
      ... on KeyHolder {
        requests(first: $first, after: $after) {
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

type Requests = Extract<OwnRequestsQuery["viewer"], { requests: unknown }>["requests"];

/** An end user's own requests, with all of their keys. */
export default function OwnRequests() {
  const [search] = useSearchParams<{ after?: string }>();
  const [answer, ask] = createQuery({
    query: OwnRequestsDocument,
    variables: () => ({ first: PAGE_SIZE, after: search.after ?? null }),
  });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  const requests = createMemo<Requests | undefined>((before) => {
    const viewer = answer.data?.viewer;
    return viewer && "requests" in viewer ? viewer.requests : before;
  });

  return (
    <Page title={t("usage.measures.requests")}>
      <ErrorNotice error={answer.error} />
      <Panel flush>
        <Show when={requests()} fallback={<SkeletonRows />}>
          {(known) => (
            <>
              <Show
                when={known().nodes.length > 0}
                fallback={
                  <EmptyState title={t("pages.own.noRequests")}>
                    {t("pages.own.noRequestsHint")}
                  </EmptyState>
                }
              >
                <RequestTable requests={known().nodes} hideUser newCount={0} />
              </Show>
              <Pager
                after={search.after}
                pageInfo={known().pageInfo}
                labels={[t("common.firstPage"), t("common.nextPage")]}
              />
            </>
          )}
        </Show>
      </Panel>
    </Page>
  );
}
