import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { notify } from "../../ui/Toaster";

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

/** The confirmation, by typing the account's name, before its secret is deleted. */
export function RemoveAccountDialog(props: RemoveAccountDialogProps) {
  const [removal, remove] = createMutation(RemoveProviderAccountMutation);

  async function confirm() {
    const { label, id } = props.account;
    const result = await remove({ id });
    if (result.error) return;
    props.onClose();
    notify({ tone: "ok", text: t("providers.removedToast", { label }) });
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={t("providers.removeTitle", { label: props.account.label })}
      typedName={props.account.label}
      confirmLabel={t("providers.removeLabel")}
      pending={removal.fetching}
      error={removal.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      {t("providers.removeHint")}
    </ConfirmDialog>
  );
}
