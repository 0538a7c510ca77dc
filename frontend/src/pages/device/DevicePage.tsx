import { useLocation, useSearchParams } from "@solidjs/router";
import { Match, Switch } from "solid-js";
import { AgentSignIn } from "../../features/agentSignIn";
import { isTranslated, t } from "../../i18n";
import { Gate } from "../../session/Gate";
import { KeyForm } from "../../session/KeyForm";
import { useSession } from "../../session/SessionProvider";
import { Unreachable } from "../../session/Unreachable";
import { Loading } from "../../ui/Loading";

/** The page to which agents send their users: they confirm with a key, and the agent is signed in. */
export default function DevicePage() {
  const { status, keyHolder } = useSession();
  const [search] = useSearchParams<{ user_code?: string }>();
  // Kept from the first frame: the address may lose it.
  const fragment = new URLSearchParams(useLocation().hash.slice(1)).get("request");
  return (
    <Switch>
      <Match when={status() === "loading" || !isTranslated()}>
        <Loading />
      </Match>
      <Match when={status() === "unreachable"}>
        <Unreachable />
      </Match>
      <Match when={keyHolder()}>
        <Gate title={t("agentSignIn.title")}>
          <AgentSignIn userCode={search.user_code ?? ""} request={fragment ?? undefined} />
        </Gate>
      </Match>
      <Match when={true}>
        <Gate title={t("agentSignIn.title")}>
          <p class="text-muted">{t("agentSignIn.keyText")}</p>
          <KeyForm />
        </Gate>
      </Match>
    </Switch>
  );
}
