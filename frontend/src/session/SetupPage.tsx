import { A, Navigate, useLocation } from "@solidjs/router";
import { Match, Show, Switch } from "solid-js";
import { Code } from "../ui/Code";
import { Loading } from "../ui/Loading";
import { Gate } from "./Gate";
import { useSession } from "./SessionProvider";
import { SetupForm } from "./SetupForm";
import { Unreachable } from "./Unreachable";

function MissingLink() {
  return (
    <Gate title="Finish setting up">
      <p class="text-muted">
        This server has no administrator yet. When it started, it printed a one-time set-up link on
        its terminal (or in its container's log). Open that link here to choose a password.
      </p>
      <p class="text-muted">
        The link looks like <Code>…/setup#token=…</Code>. If you cannot find it, restart the server
        and it prints a new one, or start it with <Code>ADMIN_PASSWORD</Code> set.
      </p>
    </Gate>
  );
}

function AlreadyDone() {
  return (
    <Gate title="This server is set up already">
      <p class="text-muted">The set-up link works only once, and somebody has used it.</p>
      <A class="font-medium text-accent-text underline underline-offset-4" href="/login">
        Go to the sign-in page
      </A>
    </Gate>
  );
}

/** The first page of a new server: the one-time link leads here to choose a password. */
export function SetupPage() {
  const { status, session, serverInfo } = useSession();
  const location = useLocation();
  // The server prints it behind "#", which browsers never send; behind "?" it is understood as well.
  const token = () =>
    new URLSearchParams(location.hash.slice(1)).get("token") ??
    new URLSearchParams(location.search).get("token");
  return (
    <Switch fallback={<AlreadyDone />}>
      <Match when={status() === "loading"}>
        <Loading />
      </Match>
      <Match when={status() === "unreachable"}>
        <Unreachable />
      </Match>
      <Match when={session()}>
        <Navigate href="/" />
      </Match>
      <Match when={serverInfo()?.setupRequired}>
        <Show when={token()} fallback={<MissingLink />}>
          {(known) => <SetupForm token={known()} />}
        </Show>
      </Match>
    </Switch>
  );
}
