import type { Exchange, Operation } from "@urql/core";
import { createSignal } from "solid-js";
import { pipe, tap } from "wonka";

const [reconnects, setReconnects] = createSignal(0);

/** The number of reconnects to the server; a subscriber to a live feed fetches again when it changes. */
export { reconnects };

/**
 * Repeats every active query after a reconnect: events that happened meanwhile were not delivered,
 * except by a feed that resumes from a cursor.
 */
export function reaskExchange(): { exchange: Exchange; reask: () => void } {
  const shown = new Map<number, Operation>();
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
          if (operation.kind === "query") shown.set(operation.key, operation);
          if (operation.kind === "teardown") shown.delete(operation.key);
        }),
        forward,
      );
    };
  function reask() {
    setReconnects((count) => count + 1);
    for (const operation of [...shown.values()]) again(operation);
  }
  return { exchange, reask };
}
