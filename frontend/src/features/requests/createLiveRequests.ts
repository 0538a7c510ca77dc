import type { CombinedError } from "@urql/core";
import { useClient } from "@urql/solid";
import { type Accessor, createEffect, createSignal, on, onCleanup } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { RequestFilter, RequestLoggedSubscription } from "../../graphql/generated/graphql";
import { createFrameBatch } from "../../lib/createFrameBatch";

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

const KEPT = 50;

type LiveRow = RequestLoggedSubscription["requestLogged"]["request"];

/** The requests that finished since `onOpen` was called, newest first. */
export function createLiveRequests(
  filter: Accessor<RequestFilter>,
  isLive: Accessor<boolean>,
  onOpen: () => void,
) {
  const client = useClient();
  const [rows, setRows] = createSignal<LiveRow[]>([]);
  const [error, setError] = createSignal<CombinedError>();
  const arrive = createFrameBatch<LiveRow>(KEPT, (batch) =>
    setRows((known) => mergeRows(batch.reverse(), known).slice(0, KEPT)),
  );

  createEffect(on(filter, () => setRows([])));
  createEffect(() => {
    if (!isLive()) return;
    // `after` is passed even while empty, so that the feed resumes from its cursor after a reconnect.
    const variables = { filter: filter(), after: null };
    const feed = client.subscription(RequestLoggedSubscriptionDocument, variables, { onOpen });
    const { unsubscribe } = feed.subscribe((result) => {
      setError(result.error);
      if (result.data) arrive(result.data.requestLogged.request);
    });
    onCleanup(unsubscribe);
  });
  return { rows, error };
}

/** Live rows before stored ones, without duplicates. */
export function mergeRows<Row extends { id: string }>(
  live: readonly Row[],
  stored: readonly Row[],
): Row[] {
  const known = new Set<string>();
  return [...live, ...stored].filter((row) => !known.has(row.id) && known.add(row.id));
}
