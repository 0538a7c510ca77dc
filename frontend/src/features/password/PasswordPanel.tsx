import { createSignal, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readSecret } from "../../lib/form";
import { type PasswordFault, passwordFault } from "../../lib/password";
import { describeFault } from "../../session/NewPasswordFields";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { Notice } from "../../ui/Notice";
import { Panel } from "../../ui/Panel";

const ChangePasswordMutation = graphql(`
  mutation ChangePassword($currentPassword: String!, $newPassword: String!) {
    changePassword(currentPassword: $currentPassword, newPassword: $newPassword) {
      session {
        id
      }
      revokedSessions
    }
  }
`);

/** Changes the administrator's own password. */
export function PasswordPanel() {
  const [change, changePassword] = createMutation(ChangePasswordMutation);
  const [fault, setFault] = createSignal<PasswordFault>();

  async function submit(form: FormData, element: HTMLFormElement) {
    const newPassword = readSecret(form, "new");
    setFault(passwordFault(newPassword, readSecret(form, "repeated")));
    if (fault()) return;
    const currentPassword = readSecret(form, "current");
    const result = await changePassword({ currentPassword, newPassword });
    if (!result.error) element.reset();
  }

  return (
    <Panel title={t("password.title")} hint={t("password.hint")}>
      <Form roomy onSubmit={(form, element) => void submit(form, element)}>
        <div class="grid items-start gap-5 md:grid-cols-3">
          <TextField
            label={t("password.present")}
            name="current"
            type="password"
            autocomplete="current-password"
            required
          />
          <TextField
            label={t("password.fresh")}
            name="new"
            type="password"
            autocomplete="new-password"
            hint={t("common.newPasswordHint")}
            fault={describeFault(fault(), "short")}
            required
          />
          <TextField
            label={t("password.again")}
            name="repeated"
            type="password"
            autocomplete="new-password"
            fault={describeFault(fault(), "differs")}
            required
          />
        </div>
        <ErrorNotice error={change.error} />
        <Show when={change.data?.changePassword}>
          {(changed) => (
            <Notice tone="ok">
              {t("password.changed", { others: changed().revokedSessions })}
            </Notice>
          )}
        </Show>
        <div>
          <Button tone="primary" type="submit" pending={change.fetching}>
            {t("password.change")}
          </Button>
        </div>
      </Form>
    </Panel>
  );
}
