import type { Client, CombinedError } from "@urql/core";
import { useClient } from "@urql/solid";
import { type Accessor, createEffect, createSignal, on, onCleanup, untrack } from "solid-js";
import { graphql, readFragment } from "../../graphql/generated";
import type { RequestFilter, RequestPageQuery } from "../../graphql/generated/graphql";
import { reconnects } from "../../graphql/reconnects";
import { createFrameBatch } from "../../lib/createFrameBatch";
import { type ListRow, RequestListRowDocument } from "./listRow";
import { RowList } from "./RowList";

const RequestPageDocument = graphql(`
  query RequestPage($filter: RequestFilter, $first: Int, $after: String) {
    requests(filter: $filter, first: $first, after: $after) {
      nodes {
        id
        ...RequestListRow
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const RequestFollowedSubscription = graphql(`
  subscription RequestFollowed($filter: RequestFilter, $after: String) {
    requestLogged(filter: $filter, after: $after) {
      cursor
      request {
        id
        ...RequestListRow
      }
    }
  }
`);

const PAGE = 150;
/** Rows that may have been missed before a feed was open. */
const FEW = 20;
/** About 120 MB of rows; older pages are removed and loaded again on demand. */
const MOST_ROWS = 120_000;
/** The number of new rows that wait while the user reads; beyond that the newest page is fetched instead. */
const MOST_WAITING = 5_000;

function fetchPage(
  client: Client,
  filter: RequestFilter,
  after: string | null,
  first: number = PAGE,
) {
  const variables = { filter, first, after };
  // The list keeps its pages itself, so caching the results would only use memory.
  return client
    .query(RequestPageDocument, variables, { requestPolicy: "network-only" })
    .toPromise();
}

function rowsOf(nodes: RequestPageQuery["requests"]["nodes"]): ListRow[] {
  return nodes.map((node) => readFragment(RequestListRowDocument, node));
}

/** Those of the newest rows that a list does not have, the oldest of them first. */
async function fetchMissed(
  client: Client,
  filter: RequestFilter,
  first: number,
  list: RowList<ListRow>,
) {
  const answer = await fetchPage(client, filter, null, first);
  const rows = rowsOf(answer.data?.requests.nodes ?? []);
  return rows.filter((row) => !list.has(row.id)).reverse();
}

function subscribe(
  client: Client,
  filter: RequestFilter,
  onRow: (row: ListRow) => void,
  onError: (error: CombinedError) => void,
  onOpen: () => void,
): () => void {
  // `after` is passed even while empty, so that the feed resumes from its cursor after a reconnect.
  const variables = { filter, after: null };
  const feed = client.subscription(RequestFollowedSubscription, variables, { onOpen });
  return feed.subscribe((result) => {
    if (result.error) onError(result.error);
    if (!result.data) return;
    onRow(readFragment(RequestListRowDocument, result.data.requestLogged.request));
  }).unsubscribe;
}

type Options = {
  filter: Accessor<RequestFilter>;
  isLive: Accessor<boolean>;
  /** The user has scrolled down: rows must not move. */
  isHeld: Accessor<boolean>;
};

/** Requests, newest first: older ones by page, new ones as they are settled. */
export function createRequestList(options: Options) {
  const client = useClient();
  const list = new RowList<ListRow>(MOST_ROWS);
  const [rows, setRows] = createSignal<readonly ListRow[]>(list.rows, { equals: false });
  const [error, setError] = createSignal<CombinedError>();
  const [isLoading, setLoading] = createSignal(false);
  const [waiting, setWaiting] = createSignal(0);
  let held: ListRow[] = [];
  let [edition, asking] = [0, false];
  let loading = Promise.resolve();

  async function loadMore() {
    if (asking || !list.hasMore) return;
    asking = true;
    setLoading(true);
    const mine = edition;
    const answer = await fetchPage(client, untrack(options.filter), list.cursor);
    if (mine !== edition) return;
    asking = false;
    setLoading(false);
    setError(answer.error);
    const page = answer.data?.requests;
    if (!page) return;
    list.append(rowsOf(page.nodes), page.pageInfo.endCursor ?? null, page.pageInfo.hasNextPage);
    setRows(list.rows);
  }

  function restart() {
    edition += 1;
    asking = false;
    held = [];
    list.clear();
    setWaiting(0);
    loading = loadMore();
  }

  function add(batch: ListRow[]) {
    if (list.prepend(batch) === "full") restart();
    setRows(list.rows);
  }

  /** Shows the new rows. */
  function release() {
    const [batch, count] = [held, untrack(waiting)];
    held = [];
    setWaiting(0);
    if (count > batch.length) restart();
    else if (count > 0) add(batch);
  }

  const arrive = createFrameBatch<ListRow>(MOST_WAITING, (batch, lost) => {
    if (untrack(options.isHeld)) {
      const room = Math.max(0, MOST_WAITING - held.length);
      for (const row of batch.slice(0, room)) held.push(row);
      setWaiting((count) => count + batch.length + lost);
    } else if (lost > 0) restart();
    else add(batch);
  });

  /** The first page may be older than the start of the feed, and then lacks requests in between. */
  const opened = () => void loading.then(() => catchUp(FEW));
  const start = () => subscribe(client, options.filter(), arrive, setError, opened);

  /** Adds the requests that the feed missed; reloads the list if they are more than these. */
  async function catchUp(first: number) {
    const mine = edition;
    const missed = await fetchMissed(client, untrack(options.filter), first, list);
    if (mine !== edition || !untrack(options.isLive)) return;
    if (missed.length < first) missed.forEach(arrive);
    else restart();
  }

  // A user who turns live updates on again expects the missed rows, so the list is reloaded.
  createEffect(on([options.filter, options.isLive], restart));
  createEffect(() => options.isLive() && onCleanup(start()));
  createEffect(on(reconnects, () => void catchUp(PAGE), { defer: true }));
  createEffect(on(options.isHeld, (isHeld) => !isHeld && release(), { defer: true }));
  return { rows, waiting, isLoading, error, loadMore, hasMore: () => rows() && list.hasMore };
}
