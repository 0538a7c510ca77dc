import type { AnyVariables, CombinedError, DocumentInput } from "@urql/core";
import { useClient } from "@urql/solid";
import { createSignal, onCleanup } from "solid-js";

/**
 * Follows a subscription and hands over each event. Unlike `createSubscription`, which writes every event
 * into one object and so hides the second one from effects.
 *
 * `onOpen` is called each time the server has started the subscription: after a reconnect too. What happened before is
 * in no event, so a list that follows the subscription is queried again then.
 */
export function createFeed<Data, Variables extends AnyVariables>(
  query: DocumentInput<Data, Variables>,
  variables: Variables,
  onEvent: (data: Data) => void,
  onOpen?: () => void,
): { error: () => CombinedError | undefined } {
  const client = useClient();
  const [error, setError] = createSignal<CombinedError>();
  const feed = client.subscription(query, variables, { onOpen });
  const { unsubscribe } = feed.subscribe((result) => {
    setError(result.error);
    if (result.data) onEvent(result.data);
  });
  onCleanup(unsubscribe);
  return { error };
}
