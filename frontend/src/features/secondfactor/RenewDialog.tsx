import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { ProofForm } from "./ProofForm";

const RenewRecoveryCodesMutation = graphql(`
  mutation RenewRecoveryCodes($password: String!, $code: String!) {
    renewRecoveryCodes(password: $password, code: $code) {
      recoveryCodes
    }
  }
`);

/** Replaces the recovery codes. */
export function RenewDialog(props: {
  open: boolean;
  onClose: () => void;
  onRenewed: (recoveryCodes: readonly string[]) => void;
}) {
  const [change, renew] = createMutation(RenewRecoveryCodesMutation);

  async function prove(password: string, code: string) {
    const { data } = await renew({ password, code });
    if (data) props.onRenewed(data.renewRecoveryCodes.recoveryCodes);
  }

  return (
    <Dialog
      open={props.open}
      title={t("twoFactor.renew")}
      description={t("twoFactor.renewHint")}
      onClose={props.onClose}
    >
      <ProofForm
        withCode
        label={t("twoFactor.renew")}
        mutation={change}
        onProof={(password, code) => void prove(password, code)}
        onClose={props.onClose}
      />
    </Dialog>
  );
}
