import type { CombinedError } from "@urql/core";
import { useClient } from "@urql/solid";
import { type Accessor, batch, createEffect, createSignal, on, onCleanup } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { RequestFilter, RequestLoggedSubscription } from "../../graphql/generated/graphql";

const RequestLoggedSubscriptionDocument = graphql(`
  subscription RequestLogged($filter: RequestFilter, $after: String) {
    requestLogged(filter: $filter, after: $after) {
      cursor
      request {
        id
        ...RequestRow
      }
    }
  }
`);

const KEPT = 200;

type LiveRow = RequestLoggedSubscription["requestLogged"]["request"];

/** The requests that finished since the page was opened, newest first. */
export function createLiveRequests(filter: Accessor<RequestFilter>, isLive: Accessor<boolean>) {
  const client = useClient();
  const [rows, setRows] = createSignal<LiveRow[]>([]);
  const [error, setError] = createSignal<CombinedError>();

  createEffect(on(filter, () => setRows([])));
  createEffect(() => {
    if (!isLive()) return;
    // `after` is passed even while empty: it lets the feed go on where it stood after a reconnect.
    const variables = { filter: filter(), after: null };
    const feed = client.subscription(RequestLoggedSubscriptionDocument, variables);
    const { unsubscribe } = feed.subscribe((result) => {
      const logged = result.data?.requestLogged.request;
      batch(() => {
        setError(result.error);
        if (logged) setRows((known) => [logged, ...without(known, logged.id)].slice(0, KEPT));
      });
    });
    onCleanup(unsubscribe);
  });
  return { rows, error };
}

function without<Row extends { id: string }>(rows: readonly Row[], id: string): Row[] {
  return rows.filter((row) => row.id !== id);
}

/** Live rows before stored ones; what is in both is shown once. */
export function mergeRows<Row extends { id: string }>(
  live: readonly Row[],
  stored: readonly Row[],
): Row[] {
  const known = new Set(live.map((row) => row.id));
  return [...live, ...stored.filter((row) => !known.has(row.id))];
}
