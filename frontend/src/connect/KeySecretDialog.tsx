import { ClientSnippets } from "./ClientSnippets";
import { type FreshSecret, SecretDialog } from "./SecretDialog";

/** Shows a new API key once, with the set-up of every tool that can use it. */
export function KeySecretDialog(props: { fresh: FreshSecret | undefined; onDone: () => void }) {
  return (
    <SecretDialog fresh={props.fresh} onDone={props.onDone}>
      {(secret) => <ClientSnippets secret={secret} />}
    </SecretDialog>
  );
}
