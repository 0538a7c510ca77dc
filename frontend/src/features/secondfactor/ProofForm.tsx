import { Show } from "solid-js";
import { t } from "../../i18n";
import { readSecret, readText } from "../../lib/form";
import { TextField } from "../../ui/Field";
import { MutationForm, type MutationState } from "../../ui/MutationDialog";

/** Asks the administrator for their password, and for a code if required. */
export function ProofForm(props: {
  withCode?: boolean;
  label: string;
  danger?: boolean;
  mutation: MutationState;
  onProof: (password: string, code: string) => void;
  onClose: () => void;
}) {
  return (
    <MutationForm
      mutation={props.mutation}
      submit={props.label}
      danger={props.danger}
      onSubmit={(form) => props.onProof(readSecret(form, "password"), readText(form, "code"))}
      onClose={props.onClose}
    >
      <TextField
        label={t("common.yourPassword")}
        name="password"
        type="password"
        autocomplete="current-password"
        hint={t("common.yourPasswordHint")}
        required
        autofocus
      />
      <Show when={props.withCode}>
        <TextField
          label={t("common.code")}
          name="code"
          autocomplete="one-time-code"
          hint={t("twoFactor.codeOrRecovery")}
          required
        />
      </Show>
    </MutationForm>
  );
}
