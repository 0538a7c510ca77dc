import type { Exchange, Operation } from "@urql/core";
import { createSignal } from "solid-js";
import { pipe, tap } from "wonka";

const [reconnects, setReconnects] = createSignal(0);

/** How often the line to the server came back; whoever follows something live looks again then. */
export { reconnects };

/**
 * Asks again for everything that is shown when the line comes back: what happened meanwhile was told to
 * nobody, but where a feed had a cursor to go on from.
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
