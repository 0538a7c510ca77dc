import { createMutation } from "../graphql/createMutation";
import { graphql } from "../graphql/generated";
import { t } from "../i18n";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { notify } from "../ui/Toaster";

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

/** The confirmation before a key is revoked. */
export function RevokeKeyDialog(props: RevokeKeyDialogProps) {
  const [revocation, revoke] = createMutation(RevokeApiKeyMutation);

  async function confirm() {
    const result = await revoke({ id: props.apiKey.id });
    if (result.error) return;
    props.onClose();
    notify({ tone: "ok", text: t("common.revokedNamed", { name: props.apiKey.name }) });
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={t("common.revokeNamed", { name: props.apiKey.name })}
      confirmLabel={t("keys.revokeLabel")}
      typedName={props.apiKey.name}
      pending={revocation.fetching}
      error={revocation.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      {t("keys.revokeHint")}
    </ConfirmDialog>
  );
}
