import { createMutation } from "@urql/solid";
import { graphql } from "../../graphql/generated";
import { ConfirmDialog } from "../../ui/ConfirmDialog";

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
    if (!result.error) props.onClose();
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={`Revoke “${props.apiKey.name}”?`}
      confirmLabel="Revoke key"
      pending={revocation.fetching}
      error={revocation.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      Whatever uses this key is refused from now on. It cannot be undone; to replace the key without
      a gap, rotate it instead.
    </ConfirmDialog>
  );
}
