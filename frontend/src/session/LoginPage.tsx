import { Navigate, useSearchParams } from "@solidjs/router";
import { createMutation } from "@urql/solid";
import { createSignal, Show } from "solid-js";
import { errorCode } from "../graphql/errors";
import { graphql } from "../graphql/generated";
import { readOptional, readSecret } from "../lib/form";
import { Button } from "../ui/Button";
import { ErrorNotice } from "../ui/ErrorNotice";
import { TextField } from "../ui/Field";
import { Form } from "../ui/Form";
import { Notice } from "../ui/Notice";
import { Gate } from "./Gate";
import { useSession } from "./SessionProvider";

const LoginMutation = graphql(`
  mutation Login($password: String!, $username: String) {
    login(password: $password, username: $username) {
      session {
        id
      }
    }
  }
`);

/** A page of our own to go back to, never an address that somebody else put into the link. */
function safePath(from: string | string[] | undefined): string {
  return typeof from === "string" && /^\/(?![/\\])/.test(from) ? from : "/";
}

/** Where an administrator signs in, and then goes back to where they were. */
export function LoginPage() {
  const { session, serverInfo, refresh } = useSession();
  const [search] = useSearchParams<{ from?: string }>();
  const [login, signIn] = createMutation(LoginMutation);
  const [isNamed, setNamed] = createSignal(false);

  async function submit(form: FormData) {
    const username = readOptional(form, "username");
    const result = await signIn({ password: readSecret(form, "password"), username });
    if (!result.error) await refresh();
  }

  return (
    <Show when={!session()} fallback={<Navigate href={safePath(search.from)} />}>
      <Show when={!serverInfo()?.setupRequired} fallback={<Navigate href="/setup" />}>
        <Gate title="Sign in">
          <Form onSubmit={(form) => void submit(form)}>
            <Show when={isNamed()}>
              <TextField label="User name" name="username" autocomplete="username" autofocus />
            </Show>
            <TextField
              label="Password"
              name="password"
              type="password"
              autocomplete="current-password"
              required
              autofocus
            />
            <Show
              when={errorCode(login.error) === "UNAUTHENTICATED"}
              fallback={<ErrorNotice error={login.error} />}
            >
              <Notice tone="bad">
                That password is not right. Check for caps lock and try again.
              </Notice>
            </Show>
            <Button tone="primary" type="submit" pending={login.fetching}>
              Sign in
            </Button>
            <Button tone="quiet" onClick={() => setNamed(!isNamed())}>
              {isNamed() ? "Use the usual account" : "Use another account"}
            </Button>
          </Form>
        </Gate>
      </Show>
    </Show>
  );
}
