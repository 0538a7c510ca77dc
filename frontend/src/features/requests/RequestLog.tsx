import { createQuery } from "@urql/solid";
import { createMemo, type JSX, Match, Show, Switch } from "solid-js";
import { createAgain } from "../../graphql/createAgain";
import { graphql } from "../../graphql/generated";
import type { RequestFilter } from "../../graphql/generated/graphql";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { createLiveRequests, mergeRows } from "./createLiveRequests";
import { RequestTable } from "./RequestTable";

const RequestsQuery = graphql(`
  query Requests($filter: RequestFilter, $first: Int) {
    requests(filter: $filter, first: $first) {
      nodes {
        id
        ...RequestRow
      }
    }
  }
`);

type RequestLogProps = {
  /** The accessible name of the table; "Requests" by default. */
  label?: string;
  filter: RequestFilter;
  /** The number of rows. */
  first: number;
  /** Whether new requests are added live. */
  live: boolean;
  hideUser?: boolean;
  /** Shown if there are no requests. */
  empty: JSX.Element;
};

/** Stored requests below the live ones. */
export function RequestLog(props: RequestLogProps) {
  const filter = createMemo(() => props.filter, undefined, {
    equals: (left, right) => JSON.stringify(left) === JSON.stringify(right),
  });
  const [page, ask] = createQuery({
    query: RequestsQuery,
    variables: () => ({ filter: filter(), first: props.first }),
  });
  const feed = createLiveRequests(
    () => filter(),
    () => props.live,
    createAgain(page, ask),
  );
  const stored = () => page.data?.requests.nodes ?? [];
  const rows = () => mergeRows(feed.rows(), stored());
  const shown = () => rows().slice(0, props.first);
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
            label={props.label}
            requests={shown()}
            hideUser={props.hideUser}
            newCount={feed.rows().length}
          />
        </Match>
        <Match when={page.data}>{props.empty}</Match>
        <Match when={page.fetching}>
          <Loading />
        </Match>
      </Switch>
    </>
  );
}
