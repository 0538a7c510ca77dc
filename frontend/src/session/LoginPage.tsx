import { Navigate, useSearchParams } from "@solidjs/router";
import { Match, Show, Switch } from "solid-js";
import { t } from "../i18n";
import { Notice } from "../ui/Notice";
import { Tabs } from "../ui/Tabs";
import { Gate } from "./Gate";
import { KeyForm } from "./KeyForm";
import { PasswordForm } from "./PasswordForm";
import { useSession } from "./SessionProvider";

/** A path within this app to return to, never an external URL from a crafted link. */
function safePath(from: string | string[] | undefined, otherwise: string): string {
  return typeof from === "string" && /^\/(?![/\\])/.test(from) ? from : otherwise;
}

/** The sign-in page, which returns to the previous page. */
export function LoginPage() {
  const { session, keyHolder, serverInfo, hasEnded } = useSession();
  const [search, setSearch] = useSearchParams<{ from?: string; as?: string }>();
  const way = () => (search.as === "key" ? "key" : "admin");

  return (
    <Switch>
      <Match when={session()}>
        <Navigate href={safePath(search.from, "/")} />
      </Match>
      <Match when={keyHolder()}>
        <Navigate href={safePath(search.from, "/me")} />
      </Match>
      <Match when={serverInfo()?.setupRequired}>
        <Navigate href="/setup" />
      </Match>
      <Match when={true}>
        <Gate title={t("session.signIn")}>
          <Show when={hasEnded()}>
            <Notice tone="info">{t("session.ended")}</Notice>
          </Show>
          <Tabs
            label={t("session.way")}
            value={way()}
            options={[
              { value: "admin", label: t("session.asAdmin") },
              { value: "key", label: t("session.apiKey") },
            ]}
            onChoose={(as) => setSearch({ as: as === "key" ? as : undefined }, { replace: true })}
          />
          <Show when={way() === "key"} fallback={<PasswordForm />}>
            <KeyForm />
          </Show>
        </Gate>
      </Match>
    </Switch>
  );
}
