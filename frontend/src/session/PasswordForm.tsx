import { createSignal, Match, Show, Switch } from "solid-js";
import { createMutation } from "../graphql/createMutation";
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
// The server's error if there are several administrators and no username was sent.
const NEEDS_NAME = "BAD_USER_INPUT";
const LAST_NAME = "proxypal.username";

/** Stores the username for the next visit; nothing is stored for a sign-in without one. */
function remember(username: string | null) {
  if (username) localStorage.setItem(LAST_NAME, username);
  else localStorage.removeItem(LAST_NAME);
}

/** The sign-in of an administrator. */
export function PasswordForm() {
  const { refresh } = useSession();
  const [login, signIn] = createMutation(LoginMutation);
  const lastName = localStorage.getItem(LAST_NAME) ?? "";
  const [isNamed, setNamed] = createSignal(lastName !== "");
  const [isAskedForCode, setAskedForCode] = createSignal(false);
  const code = () => errorCode(login.error);
  const wrong = () => (isNamed() ? t("session.wrongUserOrPassword") : t("common.wrongPassword"));

  async function submit(form: FormData) {
    const username = readOptional(form, "username");
    const result = await signIn({
      password: readSecret(form, "password"),
      username,
      code: readOptional(form, "code"),
    });
    if (!result.error) {
      remember(username);
      await refresh();
    } else if (errorCode(result.error) === NEEDS_CODE) setAskedForCode(true);
    else if (errorCode(result.error) === NEEDS_NAME) setNamed(true);
  }

  return (
    <Form onSubmit={(form) => void submit(form)}>
      <Show when={isNamed()}>
        <TextField
          label={t("common.username")}
          name="username"
          value={lastName}
          autocomplete="username"
          required
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
          label={t("common.code")}
          hint={t("session.codeHint")}
          name="code"
          autocomplete="one-time-code"
          required
        />
      </Show>
      <Switch fallback={<ErrorNotice error={login.error} />}>
        <Match when={code() === NEEDS_CODE}>{null}</Match>
        <Match when={code() === "UNAUTHENTICATED"}>
          <Notice tone="bad">{isAskedForCode() ? t("session.codeWrong") : wrong()}</Notice>
        </Match>
        <Match when={code() === NEEDS_NAME}>
          <Notice tone="info">{t("session.usernameNeeded")}</Notice>
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
