import { createEffect, createSignal } from "solid-js";

type Answer = { readonly fetching: boolean; readonly stale: boolean };
type Ask = (options: { requestPolicy: "network-only" }) => void;

/**
 * Returns a function that sends a query again. While the query is in flight it waits for the answer, which may be older
 * than the reason to ask again; urql itself drops the repetition of a query in flight.
 */
export function createAgain(answer: Answer, ask: Ask): () => void {
  const [isDue, setDue] = createSignal(false);
  createEffect(() => {
    if (!isDue() || answer.fetching || answer.stale) return;
    setDue(false);
    ask({ requestPolicy: "network-only" });
  });
  return () => setDue(true);
}
