import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { notify } from "../../ui/Toaster";
import { ProofForm } from "./ProofForm";

const DisableTotpMutation = graphql(`
  mutation DisableTotp($password: String!, $code: String!) {
    disableTotp(password: $password, code: $code) {
      admin {
        id
        secondFactorSince
      }
    }
  }
`);

/** Disables the second factor after asking for the password and a code. */
export function TurnOffDialog(props: { open: boolean; onClose: () => void }) {
  const [change, disable] = createMutation(DisableTotpMutation);

  async function prove(password: string, code: string) {
    const { data } = await disable({ password, code });
    if (!data) return;
    props.onClose();
    notify({ tone: "ok", text: t("twoFactor.offToast") });
  }

  return (
    <Dialog open={props.open} title={t("twoFactor.turnOffTitle")} onClose={props.onClose}>
      <ProofForm
        withCode
        danger
        label={t("twoFactor.turnOff")}
        mutation={change}
        onProof={(password, code) => void prove(password, code)}
        onClose={props.onClose}
      />
    </Dialog>
  );
}
