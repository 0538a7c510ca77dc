import { createMutation } from "@urql/solid";
import { graphql } from "../../graphql/generated";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { words } from "./words";

const RemoveProviderAccountMutation = graphql(`
  mutation RemoveProviderAccount($id: ID!) {
    removeProviderAccount(id: $id) {
      account {
        id
      }
    }
  }
`);

type RemoveAccountDialogProps = {
  account: { id: string; label: string };
  open: boolean;
  onClose: () => void;
};

/** Asks before an account and its key are forgotten. */
export function RemoveAccountDialog(props: RemoveAccountDialogProps) {
  const [removal, remove] = createMutation(RemoveProviderAccountMutation);

  async function confirm() {
    const result = await remove({ id: props.account.id });
    if (!result.error) props.onClose();
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={words().removeTitle(props.account.label)}
      confirmLabel={words().removeLabel}
      pending={removal.fetching}
      error={removal.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      {words().removeHint}
    </ConfirmDialog>
  );
}
