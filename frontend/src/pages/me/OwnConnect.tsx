import { useSearchParams } from "@solidjs/router";
import { Show } from "solid-js";
import { ClientSnippets } from "../../connect/ClientSnippets";
import { CLIENT_KINDS } from "../../connect/clients";
import { userKey } from "../../graphql/userKey";
import { t } from "../../i18n";
import { useSession } from "../../session/SessionProvider";
import { Page } from "../../ui/Page";
import { Panel } from "../../ui/Panel";

/** The snippets for an end user, with the key of their sign-in. */
export default function OwnConnect() {
  const { keyHolder } = useSession();
  const [search, setSearch] = useSearchParams<{ tool?: string }>();
  const client = () => CLIENT_KINDS.find((kind) => kind === search.tool) ?? "CLAUDE_CODE";
  return (
    <Page title={t("common.connectClient")} hint={t("pages.own.kept")}>
      <Panel>
        <Show when={keyHolder()}>
          {(holder) => (
            <ClientSnippets
              apiKeyId={holder().apiKey.id}
              secret={userKey()}
              client={client()}
              onChoose={(tool) => setSearch({ tool }, { replace: true, scroll: false })}
            />
          )}
        </Show>
      </Panel>
    </Page>
  );
}
