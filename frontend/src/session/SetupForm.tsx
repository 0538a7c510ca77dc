import { useNavigate } from "@solidjs/router";
import { createSignal, Show } from "solid-js";
import { createMutation } from "../graphql/createMutation";
import { graphql } from "../graphql/generated";
import { t } from "../i18n";
import { readSecret } from "../lib/form";
import { type PasswordFault, passwordFault } from "../lib/password";
import { Button } from "../ui/Button";
import { ErrorNotice } from "../ui/ErrorNotice";
import { Form } from "../ui/Form";
import { Gate } from "./Gate";
import { NewPasswordFields } from "./NewPasswordFields";
import { useSession } from "./SessionProvider";

const CompleteSetupMutation = graphql(`
  mutation CompleteSetup($token: String!, $password: String!) {
    completeSetup(token: $token, password: $password) {
      session {
        id
      }
    }
  }
`);

/** Sets the password with a one-time link, and signs in. */
export function SetupForm(props: { token: string; isFirst: boolean }) {
  const { refresh } = useSession();
  const navigate = useNavigate();
  const [setup, completeSetup] = createMutation(CompleteSetupMutation);
  const [fault, setFault] = createSignal<PasswordFault>();

  async function submit(form: FormData) {
    const password = readSecret(form, "password");
    setFault(passwordFault(password, readSecret(form, "repeated")));
    if (fault()) return;
    const isFirst = props.isFirst;
    const result = await completeSetup({ token: props.token, password });
    if (result.error) return;
    await refresh();
    navigate(isFirst ? "/welcome" : "/", { replace: true });
  }

  return (
    <Gate title={props.isFirst ? t("session.welcome") : t("session.invited")}>
      <Form novalidate onSubmit={(form) => void submit(form)}>
        <Show when={props.isFirst}>
          <input
            type="text"
            name="username"
            value="admin"
            autocomplete="username"
            hidden
            readOnly
          />
        </Show>
        <NewPasswordFields fault={fault()} />
        <ErrorNotice error={setup.error} />
        <Button tone="primary" type="submit" pending={setup.fetching}>
          {t("session.setUp")}
        </Button>
      </Form>
    </Gate>
  );
}
