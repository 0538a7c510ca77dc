import { createMutation } from "@urql/solid";
import { createSignal } from "solid-js";
import { errorCode } from "../../graphql/errors";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { saveText } from "../../lib/download";
import { readSecret } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { Notice } from "../../ui/Notice";

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
    errorCode(change.error) === "UNAUTHENTICATED" ? t("providers.exportWrong") : undefined;

  async function submit(form: FormData) {
    const { data } = await exportAccounts({ password: readSecret(form, "password") });
    if (!data) return;
    saveText(data.exportProviderAccounts.content, FILE_NAME);
    props.onClose();
  }

  return (
    <Form onSubmit={(form) => void submit(form)}>
      <Notice tone="warn">{t("providers.exportWarning")}</Notice>
      <TextField
        label={t("providers.password")}
        name="password"
        type="password"
        autocomplete="current-password"
        hint={t("providers.passwordHint")}
        fault={fault()}
        required
        autofocus
      />
      <ErrorNotice error={fault() ? undefined : change.error} />
      <DialogActions>
        <Button onClick={() => props.onClose()}>{t("common.cancel")}</Button>
        <Button tone="danger" type="submit" pending={change.fetching}>
          {t("providers.exportDo")}
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
      <Button onClick={() => setOpen(true)}>{t("providers.exportButton")}</Button>
      <Dialog open={isOpen()} onClose={() => setOpen(false)} title={t("providers.exportTitle")}>
        <ExportForm onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}
