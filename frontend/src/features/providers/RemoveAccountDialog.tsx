import { createMutation } from "@urql/solid";
import { graphql } from "../../graphql/generated";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { notify } from "../../ui/Toaster";
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

/** Asks for the account's name before its secret is forgotten. */
export function RemoveAccountDialog(props: RemoveAccountDialogProps) {
  const [removal, remove] = createMutation(RemoveProviderAccountMutation);

  async function confirm() {
    const { label, id } = props.account;
    const result = await remove({ id });
    if (result.error) return;
    props.onClose();
    notify({ tone: "ok", text: words().removedToast(label) });
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={words().removeTitle(props.account.label)}
      typedName={props.account.label}
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
