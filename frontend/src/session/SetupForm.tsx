import { createMutation } from "@urql/solid";
import { createSignal } from "solid-js";
import { graphql } from "../graphql/generated";
import { readSecret } from "../lib/form";
import { passwordFault } from "../lib/password";
import { Button } from "../ui/Button";
import { ErrorNotice } from "../ui/ErrorNotice";
import { TextField } from "../ui/Field";
import { Form } from "../ui/Form";
import { Gate } from "./Gate";
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

/** Asks for the first administrator's password and signs them in with it. */
export function SetupForm(props: { token: string }) {
  const { refresh } = useSession();
  const [setup, completeSetup] = createMutation(CompleteSetupMutation);
  const [fault, setFault] = createSignal<string>();

  async function submit(form: FormData) {
    const password = readSecret(form, "password");
    setFault(passwordFault(password, readSecret(form, "repeated")));
    if (fault()) return;
    const result = await completeSetup({ token: props.token, password });
    if (!result.error) await refresh();
  }

  return (
    <Gate title="Welcome. Choose the administrator's password.">
      <Form novalidate onSubmit={(form) => void submit(form)}>
        <input type="text" name="username" value="admin" autocomplete="username" hidden readOnly />
        <TextField
          label="Password"
          name="password"
          type="password"
          autocomplete="new-password"
          hint="At least 12 characters. A few words in a row are easy to keep in mind."
          required
          autofocus
        />
        <TextField
          label="The same again"
          name="repeated"
          type="password"
          autocomplete="new-password"
          fault={fault()}
          required
        />
        <ErrorNotice error={setup.error} />
        <Button tone="primary" type="submit" pending={setup.fetching}>
          Set up and sign in
        </Button>
      </Form>
    </Gate>
  );
}
