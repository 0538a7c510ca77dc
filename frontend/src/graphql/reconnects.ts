import type { Exchange, Operation } from "@urql/core";
import { createSignal } from "solid-js";
import { pipe, tap } from "wonka";

const [reconnects, setReconnects] = createSignal(0);

/** The number of reconnects to the server; a subscriber to a live feed fetches again when it changes. */
export { reconnects };

/**
 * Repeats every active query after a reconnect: events that happened meanwhile were not delivered,
 * except by a feed that resumes from a cursor. A query that was in flight then, or while a mutation was answered, is
 * repeated after its answer, which may be older; urql drops the repetition of a query in flight.
 */
export function reaskExchange(): { exchange: Exchange; reask: () => void } {
  const shown = new Map<number, Operation>();
  const inFlight = new Set<number>();
  const due = new Set<number>();
  let again: (operation: Operation) => void = () => {};

  const exchange: Exchange =
    ({ client, forward }) =>
    (operations) => {
      again = (operation) =>
        client.reexecuteOperation(
          client.createRequestOperation("query", operation, {
            ...operation.context,
            requestPolicy: "network-only",
          }),
        );
      return pipe(
        operations,
        tap((operation) => {
          const { key, kind } = operation;
          if (kind === "query") {
            shown.set(key, operation);
            inFlight.add(key);
          }
          if (kind === "teardown") {
            shown.delete(key);
            inFlight.delete(key);
            due.delete(key);
          }
        }),
        forward,
        tap(({ operation, stale, hasNext, data }) => {
          if (operation.kind === "mutation" && data) for (const key of inFlight) due.add(key);
          if (operation.kind !== "query" || stale || hasNext) return;
          inFlight.delete(operation.key);
          if (!due.delete(operation.key)) return;
          // The client takes note of the answer first.
          queueMicrotask(() => {
            const known = shown.get(operation.key);
            if (known) again(known);
          });
        }),
      );
    };
  function reask() {
    setReconnects((count) => count + 1);
    for (const operation of [...shown.values()]) {
      if (inFlight.has(operation.key)) due.add(operation.key);
      else again(operation);
    }
  }
  return { exchange, reask };
}
