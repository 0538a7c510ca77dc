import { createMutation } from "@urql/solid";
import { createSignal, Match, Show, Switch } from "solid-js";
import { errorCode } from "../graphql/errors";
import { graphql } from "../graphql/generated";
import { t } from "../i18n";
import { readOptional, readSecret } from "../lib/form";
import { Button } from "../ui/Button";
import { ErrorNotice } from "../ui/ErrorNotice";
import { TextField } from "../ui/Field";
import { Form } from "../ui/Form";
import { Notice } from "../ui/Notice";
import { useSession } from "./SessionProvider";

const LoginMutation = graphql(`
  mutation Login($password: String!, $username: String, $code: String) {
    login(password: $password, username: $username, code: $code) {
      session {
        id
      }
    }
  }
`);

const NEEDS_CODE = "SECOND_FACTOR_REQUIRED";

/** How an administrator signs in. */
export function PasswordForm() {
  const { refresh } = useSession();
  const [login, signIn] = createMutation(LoginMutation);
  const [isNamed, setNamed] = createSignal(false);
  const [isAskedForCode, setAskedForCode] = createSignal(false);
  const code = () => errorCode(login.error);

  async function submit(form: FormData) {
    const result = await signIn({
      password: readSecret(form, "password"),
      username: readOptional(form, "username"),
      code: readOptional(form, "code"),
    });
    if (!result.error) await refresh();
    else if (errorCode(result.error) === NEEDS_CODE) setAskedForCode(true);
  }

  return (
    <Form onSubmit={(form) => void submit(form)}>
      <Show when={isNamed()}>
        <TextField
          label={t("session.username")}
          name="username"
          autocomplete="username"
          autofocus
        />
      </Show>
      <TextField
        label={t("session.password")}
        name="password"
        type="password"
        autocomplete="current-password"
        required
        autofocus
      />
      <Show when={isAskedForCode()}>
        <TextField
          ref={(field) => queueMicrotask(() => field.focus())}
          label={t("session.code")}
          hint={t("session.codeHint")}
          name="code"
          autocomplete="one-time-code"
          required
        />
      </Show>
      <Switch fallback={<ErrorNotice error={login.error} />}>
        <Match when={code() === NEEDS_CODE}>{null}</Match>
        <Match when={code() === "UNAUTHENTICATED"}>
          <Notice tone="bad">
            {isAskedForCode() ? t("session.codeWrong") : t("session.wrongPassword")}
          </Notice>
        </Match>
      </Switch>
      <Button tone="primary" type="submit" pending={login.fetching}>
        {t("session.signIn")}
      </Button>
      <Button tone="quiet" onClick={() => setNamed(!isNamed())}>
        {isNamed() ? t("session.usualAccount") : t("session.anotherAccount")}
      </Button>
    </Form>
  );
}
