import { createQuery } from "@urql/solid";
import { createMemo, type JSX, Match, Show, Switch } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { RequestFilter } from "../../graphql/generated/graphql";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Pager } from "../../ui/Pager";
import { createLiveRequests, mergeRows } from "./createLiveRequests";
import { RequestTable } from "./RequestTable";

const RequestsQuery = graphql(`
  query Requests($filter: RequestFilter, $first: Int, $after: String) {
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
`);

type RequestLogProps = {
  filter: RequestFilter;
  /** How many are fetched at a time. */
  first: number;
  /** Where a page of older ones begins; none for the newest. */
  after?: string;
  /** Whether new ones appear by themselves. */
  live: boolean;
  hideUser?: boolean;
  /** Leads on to the older ones; left out where only the newest matter. */
  paged?: boolean;
  /** What is said when there are none. */
  empty: JSX.Element;
};

/** Stored requests with the live ones on top. */
export function RequestLog(props: RequestLogProps) {
  const filter = createMemo(() => props.filter, undefined, {
    equals: (left, right) => JSON.stringify(left) === JSON.stringify(right),
  });
  const [page] = createQuery({
    query: RequestsQuery,
    variables: () => ({ filter: filter(), first: props.first, after: props.after ?? null }),
  });
  const feed = createLiveRequests(
    () => filter(),
    () => props.live && !props.after,
  );
  const stored = () => page.data?.requests.nodes ?? [];
  const rows = () => (props.after ? stored() : mergeRows(feed.rows(), stored()));
  const shown = () => (props.paged ? rows() : rows().slice(0, props.first));
  const error = () => page.error ?? feed.error();

  return (
    <>
      <Show when={error()}>
        <div class="p-4">
          <ErrorNotice error={error()} />
        </div>
      </Show>
      <Switch>
        <Match when={rows().length > 0}>
          <RequestTable
            requests={shown()}
            hideUser={props.hideUser}
            newCount={props.after ? 0 : feed.rows().length}
          />
          <Show when={props.paged}>
            <Pager
              after={props.after}
              pageInfo={page.data?.requests.pageInfo}
              labels={["Newest", "Older"]}
            />
          </Show>
        </Match>
        <Match when={page.data}>{props.empty}</Match>
        <Match when={page.fetching}>
          <Loading />
        </Match>
      </Switch>
    </>
  );
}
