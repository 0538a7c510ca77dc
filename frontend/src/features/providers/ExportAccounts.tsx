import { createSignal } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { errorCode } from "../../graphql/errors";
import { graphql } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { saveText } from "../../lib/download";
import { readSecret } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import { MutationForm } from "../../ui/MutationDialog";
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
    errorCode(change.error) === "UNAUTHENTICATED" ? t("common.wrongPassword") : undefined;

  async function submit(form: FormData) {
    const { data } = await exportAccounts({ password: readSecret(form, "password") });
    if (!data) return;
    saveText(data.exportProviderAccounts.content, FILE_NAME);
    props.onClose();
  }

  return (
    <MutationForm
      // A wrong password is shown at its field.
      mutation={{ fetching: change.fetching, error: fault() ? undefined : change.error }}
      submit={t("providers.exportDo")}
      danger
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <Notice tone="warn">{t("providers.exportWarning")}</Notice>
      <TextField
        label={t("common.yourPassword")}
        name="password"
        type="password"
        autocomplete="current-password"
        hint={t("common.yourPasswordHint")}
        fault={fault()}
        required
        autofocus
      />
    </MutationForm>
  );
}

/** Exports every account with its secrets, after an owner has confirmed with their password. */
export function ExportAccounts() {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <May do="exportProviderAccounts">
      <Button onClick={() => setOpen(true)}>{t("common.export")}</Button>
      <Dialog open={isOpen()} onClose={() => setOpen(false)} title={t("providers.exportTitle")}>
        <ExportForm onClose={() => setOpen(false)} />
      </Dialog>
    </May>
  );
}
