import { createMutation } from "@urql/solid";
import { createSignal } from "solid-js";
import { errorCode } from "../../graphql/errors";
import { graphql } from "../../graphql/generated";
import { saveText } from "../../lib/download";
import { readSecret } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { Notice } from "../../ui/Notice";
import { words as common } from "../../ui/words";
import { words } from "./words";

const ExportAccountsMutation = graphql(`
  mutation ExportAccounts($password: String!) {
    exportProviderAccounts(password: $password) {
      content
    }
  }
`);

const FILE_NAME = "proxypal-accounts.json";

function ExportForm(props: { onClose: () => void }) {
  const [change, exportAccounts] = createMutation(ExportAccountsMutation);
  const fault = () =>
    errorCode(change.error) === "UNAUTHENTICATED" ? words().exportWrong : undefined;

  async function submit(form: FormData) {
    const { data } = await exportAccounts({ password: readSecret(form, "password") });
    if (!data) return;
    saveText(data.exportProviderAccounts.content, FILE_NAME);
    props.onClose();
  }

  return (
    <Form onSubmit={(form) => void submit(form)}>
      <Notice tone="warn">{words().exportWarning}</Notice>
      <TextField
        label={words().password}
        name="password"
        type="password"
        autocomplete="current-password"
        hint={words().passwordHint}
        fault={fault()}
        required
        autofocus
      />
      <ErrorNotice error={fault() ? undefined : change.error} />
      <DialogActions>
        <Button onClick={() => props.onClose()}>{common().cancel}</Button>
        <Button tone="danger" type="submit" pending={change.fetching}>
          {words().exportDo}
        </Button>
      </DialogActions>
    </Form>
  );
}

/** Hands out every account with its secrets, to an owner who shows their password once more. */
export function ExportAccounts() {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{words().exportButton}</Button>
      <Dialog open={isOpen()} onClose={() => setOpen(false)} title={words().exportTitle}>
        <ExportForm onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}
