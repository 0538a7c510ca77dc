import { Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { EnrolTotpMutation } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { CodeBlock } from "../../ui/CodeBlock";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import { MutationForm } from "../../ui/MutationDialog";
import { ProofForm } from "./ProofForm";

const EnrolTotpMutationDoc = graphql(`
  mutation EnrolTotp($password: String!) {
    enrolTotp(password: $password) {
      secret
      otpauthUri
      qrSvg
    }
  }
`);

const ConfirmTotpMutation = graphql(`
  mutation ConfirmTotp($code: String!) {
    confirmTotp(code: $code) {
      admin {
        id
        secondFactorSince
        recoveryCodesLeft
      }
      recoveryCodes
    }
  }
`);

type Enrolment = EnrolTotpMutation["enrolTotp"];
type Props = { onClose: () => void; onConfirmed: (recoveryCodes: readonly string[]) => void };

function Scan(props: Props & { enrolment: Enrolment }) {
  const [change, confirmTotp] = createMutation(ConfirmTotpMutation);

  async function submit(form: FormData) {
    const { data } = await confirmTotp({ code: readText(form, "code") });
    if (data) props.onConfirmed(data.confirmTotp.recoveryCodes);
  }

  return (
    <MutationForm
      mutation={change}
      submit={t("twoFactor.confirm")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <p class="text-muted">{t("twoFactor.scan")}</p>
      {/* Black on white whatever the theme: many phones read nothing else. */}
      <a href={props.enrolment.otpauthUri} class="self-center rounded-xl bg-white p-3">
        <img
          class="size-48"
          alt={t("twoFactor.qr")}
          src={`data:image/svg+xml,${encodeURIComponent(props.enrolment.qrSvg)}`}
        />
      </a>
      <p class="text-sm text-muted">{t("twoFactor.cannotScan")}</p>
      <CodeBlock code={props.enrolment.secret} />
      <TextField
        label={t("common.code")}
        name="code"
        inputmode="numeric"
        autocomplete="one-time-code"
        hint={t("twoFactor.codeHint")}
        required
        autofocus
      />
    </MutationForm>
  );
}

function Steps(props: Props) {
  const [enrolment, enrol] = createMutation(EnrolTotpMutationDoc);
  return (
    <Show
      when={enrolment.data?.enrolTotp}
      fallback={
        <ProofForm
          label={t("common.continue")}
          mutation={enrolment}
          onProof={(password) => void enrol({ password })}
          onClose={props.onClose}
        />
      }
    >
      {(known) => <Scan {...props} enrolment={known()} />}
    </Show>
  );
}

/** Sets up a second factor: password, QR code, first code. */
export function EnrolDialog(props: Props & { open: boolean }) {
  return (
    <Dialog open={props.open} title={t("twoFactor.enrolTitle")} onClose={props.onClose}>
      <Show when={props.open}>
        <Steps onClose={props.onClose} onConfirmed={props.onConfirmed} />
      </Show>
    </Dialog>
  );
}
