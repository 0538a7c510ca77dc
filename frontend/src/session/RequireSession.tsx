import { Navigate, useLocation } from "@solidjs/router";
import { type JSX, Match, Show, Switch } from "solid-js";
import { pathWithinApp } from "../lib/baseUrl";
import { Loading } from "../ui/Loading";
import { useSession } from "./SessionProvider";
import { SignInAgain } from "./SignInAgain";
import { Unreachable } from "./Unreachable";

type RequireSessionProps = {
  /** The kind of session that the pages require. */
  as: "admin" | "keyHolder";
  children?: JSX.Element;
};

/** Shows its pages to the required kind of session; redirects all others. */
export function RequireSession(props: RequireSessionProps) {
  const { status, session, keyHolder, serverInfo } = useSession();
  const location = useLocation();
  const isRight = () => (props.as === "admin" ? session() : keyHolder());
  const loginPath = () => {
    const from = encodeURIComponent(pathWithinApp(location.pathname) + location.search);
    return props.as === "admin" ? `/login?from=${from}` : `/login?as=key&from=${from}`;
  };

  return (
    <Switch fallback={<Navigate href={loginPath()} />}>
      <Match when={status() === "loading"}>
        <Loading />
      </Match>
      <Match when={status() === "unreachable"}>
        <Unreachable />
      </Match>
      <Match when={isRight()}>
        {props.children}
        <Show when={props.as === "admin"}>
          <SignInAgain />
        </Show>
      </Match>
      <Match when={keyHolder()}>
        <Navigate href="/me" />
      </Match>
      <Match when={session()}>
        <Navigate href="/" />
      </Match>
      <Match when={serverInfo()?.setupRequired}>
        <Navigate href="/setup" />
      </Match>
    </Switch>
  );
}
