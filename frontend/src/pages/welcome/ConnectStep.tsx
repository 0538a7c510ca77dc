import { A } from "@solidjs/router";
import { createSignal, Show } from "solid-js";
import { ClientSnippets } from "../../connect/ClientSnippets";
import type { FreshKey } from "../../connect/KeySecretDialog";
import { FirstRequest } from "../../features/requests";
import type { ClientKind } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { buttonClass } from "../../ui/Button";
import { CodeBlock } from "../../ui/CodeBlock";
import { Notice } from "../../ui/Notice";
import { Panel } from "../../ui/Panel";
import { Spinner } from "../../ui/Spinner";
import { TestRequest } from "./TestRequest";

type ConnectStepProps = {
  userId: string;
  apiKeyId: string;
  /** The secret; unknown after a reload. */
  fresh: FreshKey | undefined;
};

function Waiting(props: { secret: string | undefined }) {
  return (
    <div class="flex flex-col items-center gap-4 px-5 py-10 text-center">
      <p role="status" class="flex items-center gap-2.5 text-lg font-semibold">
        <Spinner />
        {t("welcome.waiting")}
      </p>
      <p class="text-muted">{t("welcome.waitingHint")}</p>
      <Show when={props.secret}>{(secret) => <TestRequest secret={secret()} />}</Show>
    </div>
  );
}

/** The key, the snippets of clients, and the first request. */
export function ConnectStep(props: ConnectStepProps) {
  const [client, setClient] = createSignal<ClientKind>("CLAUDE_CODE");
  const [isSeen, setSeen] = createSignal(false);
  return (
    <>
      <Panel title={t("common.connectClient")} hint={t("welcome.connectHint")}>
        <div class="flex flex-col gap-4">
          <Show when={props.fresh} fallback={<Notice tone="info">{t("welcome.lostKey")}</Notice>}>
            {(fresh) => (
              <>
                <Notice tone="warn">{t("connect.onlyOnce")}</Notice>
                <CodeBlock code={fresh().secret} />
              </>
            )}
          </Show>
          <ClientSnippets
            apiKeyId={props.apiKeyId}
            secret={props.fresh?.secret}
            client={client()}
            onChoose={setClient}
          />
        </div>
      </Panel>
      <Panel title={t("welcome.watch")} flush>
        <Show when={isSeen()}>
          <div class="p-4 sm:p-5">
            <Notice tone="ok">
              <span class="font-medium">{t("welcome.done")}</span>
            </Notice>
          </div>
        </Show>
        <FirstRequest
          userId={props.userId}
          waiting={<Waiting secret={props.fresh?.secret} />}
          onSeen={() => setSeen(true)}
        />
      </Panel>
      <div class="flex flex-wrap justify-end gap-2">
        <A href={`/users/${props.userId}`} class={buttonClass("plain")}>
          {t("welcome.toUser")}
        </A>
        <A href="/" class={buttonClass(isSeen() ? "primary" : "plain")}>
          {t("common.goToOverview")}
        </A>
      </div>
    </>
  );
}
