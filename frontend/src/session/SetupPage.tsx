import { A, Navigate, useLocation } from "@solidjs/router";
import { Match, Switch } from "solid-js";
import { t } from "../i18n";
import { Code } from "../ui/Code";
import { Loading } from "../ui/Loading";
import { Gate } from "./Gate";
import { useSession } from "./SessionProvider";
import { SetupForm } from "./SetupForm";
import { Unreachable } from "./Unreachable";

function MissingLink() {
  return (
    <Gate title={t("session.finish")}>
      <p class="text-muted">{t("session.missingLink.0")}</p>
      <p class="text-muted">
        {t("session.missingLink.1")} <Code>…/setup#token=…</Code>
      </p>
      <p class="text-muted">
        {t("session.missingLink.2")} <Code>ADMIN_PASSWORD</Code>
      </p>
    </Gate>
  );
}

function AlreadyDone() {
  return (
    <Gate title={t("session.alreadyDone")}>
      <p class="text-muted">{t("session.alreadyDoneHint")}</p>
      <A class="font-medium text-accent-text underline underline-offset-4" href="/login">
        {t("session.toSignIn")}
      </A>
    </Gate>
  );
}

/** The target of a one-time link: the first administrator, or an invited one, chooses a password. */
export function SetupPage() {
  const { status, session, serverInfo } = useSession();
  const location = useLocation();
  // The token is after "#", which browsers never send; after "?" it is accepted as well.
  const token = () =>
    new URLSearchParams(location.hash.slice(1)).get("token") ??
    new URLSearchParams(location.search).get("token");
  const isFirst = () => serverInfo()?.setupRequired ?? false;
  return (
    <Switch fallback={<AlreadyDone />}>
      <Match when={status() === "loading"}>
        <Loading />
      </Match>
      <Match when={status() === "unreachable"}>
        <Unreachable />
      </Match>
      <Match when={session() && !token()}>
        <Navigate href="/" />
      </Match>
      <Match when={token()}>{(known) => <SetupForm token={known()} isFirst={isFirst()} />}</Match>
      <Match when={isFirst()}>
        <MissingLink />
      </Match>
    </Switch>
  );
}
