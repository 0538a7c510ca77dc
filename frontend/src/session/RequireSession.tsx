import { Navigate, useLocation } from "@solidjs/router";
import { type JSX, Match, Switch } from "solid-js";
import { Loading } from "../ui/Loading";
import { useSession } from "./SessionProvider";
import { Unreachable } from "./Unreachable";

/** Shows its pages to who is signed in; leads everybody else to where they can become so. */
export function RequireSession(props: { children?: JSX.Element }) {
  const { status, session, serverInfo } = useSession();
  const location = useLocation();
  const loginPath = () => `/login?from=${encodeURIComponent(location.pathname + location.search)}`;

  return (
    <Switch fallback={<Navigate href={loginPath()} />}>
      <Match when={status() === "loading"}>
        <Loading />
      </Match>
      <Match when={status() === "unreachable"}>
        <Unreachable />
      </Match>
      <Match when={session()}>{props.children}</Match>
      <Match when={serverInfo()?.setupRequired}>
        <Navigate href="/setup" />
      </Match>
    </Switch>
  );
}
