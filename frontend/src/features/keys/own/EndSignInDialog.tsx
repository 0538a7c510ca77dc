import { createMutation } from "../../../graphql/createMutation";
import { graphql } from "../../../graphql/generated";
import { t } from "../../../i18n";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { notify } from "../../../ui/Toaster";

const RevokeOwnAgentSignInMutation = graphql(`
  mutation RevokeOwnAgentSignIn($id: ID!) {
    revokeOwnAgentSignIn(id: $id) {
      apiKey {
        id
        state
      }
    }
  }
`);

type EndSignInDialogProps = {
  apiKey: { id: string; name: string };
  open: boolean;
  onClose: () => void;
};

/** The confirmation before the user ends the sign-in of an agent. */
export function EndSignInDialog(props: EndSignInDialogProps) {
  const [revocation, revoke] = createMutation(RevokeOwnAgentSignInMutation);

  async function confirm() {
    const result = await revoke({ id: props.apiKey.id });
    if (result.error) return;
    props.onClose();
    notify({ tone: "ok", text: t("agentSignIn.ended") });
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={props.apiKey.name}
      confirmLabel={t("agentSignIn.end")}
      pending={revocation.fetching}
      error={revocation.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      <p>{t("agentSignIn.endHint")}</p>
    </ConfirmDialog>
  );
}
