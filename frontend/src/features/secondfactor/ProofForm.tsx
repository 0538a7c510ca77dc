import type { CombinedError } from "@urql/core";
import { Show } from "solid-js";
import { readSecret, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { words as common } from "../../ui/words";
import { words } from "./words";

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
        label={words().password}
        name="password"
        type="password"
        autocomplete="current-password"
        hint={words().passwordHint}
        required
        autofocus
      />
      <Show when={props.withCode}>
        <TextField
          label={words().code}
          name="code"
          autocomplete="one-time-code"
          hint={words().codeOrRecovery}
          required
        />
      </Show>
      <ErrorNotice error={props.error} />
      <DialogActions>
        <Button onClick={() => props.onClose()}>{common().cancel}</Button>
        <Button tone={props.danger ? "danger" : "primary"} type="submit" pending={props.pending}>
          {props.label}
        </Button>
      </DialogActions>
    </Form>
  );
}
