import type { CombinedError } from "@urql/core";
import { Show } from "solid-js";
import { t } from "../../i18n";
import { readSecret, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";

/** Asks the administrator to show who they are once more, with the password and perhaps a code. */
export function ProofForm(props: {
  withCode?: boolean;
  label: string;
  danger?: boolean;
  pending: boolean;
  error: CombinedError | undefined;
  onProof: (password: string, code: string) => void;
  onClose: () => void;
}) {
  return (
    <Form onSubmit={(form) => props.onProof(readSecret(form, "password"), readText(form, "code"))}>
      <TextField
        label={t("twoFactor.password")}
        name="password"
        type="password"
        autocomplete="current-password"
        hint={t("twoFactor.passwordHint")}
        required
        autofocus
      />
      <Show when={props.withCode}>
        <TextField
          label={t("twoFactor.code")}
          name="code"
          autocomplete="one-time-code"
          hint={t("twoFactor.codeOrRecovery")}
          required
        />
      </Show>
      <ErrorNotice error={props.error} />
      <DialogActions>
        <Button onClick={() => props.onClose()}>{t("common.cancel")}</Button>
        <Button tone={props.danger ? "danger" : "primary"} type="submit" pending={props.pending}>
          {props.label}
        </Button>
      </DialogActions>
    </Form>
  );
}
