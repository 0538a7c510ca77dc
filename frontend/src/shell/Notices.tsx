import X from "lucide-solid/icons/x";
import { createSignal, Show } from "solid-js";
import { May } from "../graphql/may";
import { t } from "../i18n";
import { useSession } from "../session/SessionProvider";
import { Code } from "../ui/Code";
import { IconButton } from "../ui/IconButton";
import { Notice } from "../ui/Notice";

const SEEN = "proxypal.demo-seen";

/** Notices for every page: the connection to the server is lost, or the engine is a demo. */
export function Notices() {
  const { serverInfo, connection } = useSession();
  const [isSeen, setSeen] = createSignal(sessionStorage.getItem(SEEN) !== null);
  const hide = () => {
    sessionStorage.setItem(SEEN, "yes");
    setSeen(true);
  };
  return (
    <>
      <Show when={connection() === "lost"}>
        <Notice tone="warn">{t("shell.lost")}</Notice>
      </Show>
      <Show when={serverInfo()?.engineMode === "DEMO" && !isSeen()}>
        <Notice
          tone="info"
          action={
            <span class="-my-1.5">
              <IconButton label={t("shell.dismiss")} onClick={hide}>
                <X class="size-4" aria-hidden="true" />
              </IconButton>
            </span>
          }
        >
          <span class="font-medium">{t("shell.demo")}</span> {t("shell.demoHint")}
          <May do="addProviderApiKey">
            {" "}
            {t("shell.demoCure")} <Code>proxypal-server engine install</Code>
          </May>
        </Notice>
      </Show>
    </>
  );
}
