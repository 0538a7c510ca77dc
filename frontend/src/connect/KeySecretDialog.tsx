import { createSignal, Show } from "solid-js";
import type { ClientKind } from "../graphql/generated/graphql";
import { ClientSnippets } from "./ClientSnippets";
import { type FreshSecret, SecretDialog } from "./SecretDialog";

/** A new API key and its name. */
export type FreshKey = FreshSecret & { apiKeyId: string };

/** Shows a new API key once, with snippets for all clients. */
export function KeySecretDialog(props: { fresh: FreshKey | undefined; onDone: () => void }) {
  const [client, setClient] = createSignal<ClientKind>("CLAUDE_CODE");
  return (
    <SecretDialog fresh={props.fresh} onDone={props.onDone}>
      {(secret) => (
        <Show when={props.fresh}>
          {(fresh) => (
            <ClientSnippets
              apiKeyId={fresh().apiKeyId}
              secret={secret}
              client={client()}
              onChoose={setClient}
            />
          )}
        </Show>
      )}
    </SecretDialog>
  );
}
