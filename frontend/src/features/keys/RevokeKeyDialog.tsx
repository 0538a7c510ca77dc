import { createMutation } from "@urql/solid";
import { graphql } from "../../graphql/generated";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { notify } from "../../ui/Toaster";
import { words } from "./words";

const RevokeApiKeyMutation = graphql(`
  mutation RevokeApiKey($id: ID!) {
    revokeApiKey(id: $id) {
      apiKey {
        id
        state
        revokedAt
      }
    }
  }
`);

type RevokeKeyDialogProps = {
  apiKey: { id: string; name: string };
  open: boolean;
  onClose: () => void;
};

/** Asks before a key stops working for good. */
export function RevokeKeyDialog(props: RevokeKeyDialogProps) {
  const [revocation, revoke] = createMutation(RevokeApiKeyMutation);

  async function confirm() {
    const result = await revoke({ id: props.apiKey.id });
    if (result.error) return;
    props.onClose();
    notify({ tone: "ok", text: words().revoked(props.apiKey.name) });
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={words().revokeTitle(props.apiKey.name)}
      confirmLabel={words().revokeLabel}
      typedName={props.apiKey.name}
      pending={revocation.fetching}
      error={revocation.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      {words().revokeHint}
    </ConfirmDialog>
  );
}
