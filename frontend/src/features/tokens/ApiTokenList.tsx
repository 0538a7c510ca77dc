import { createQuery } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { type FreshSecret, SecretDialog } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { urlBesideApp } from "../../lib/baseUrl";
import { Button } from "../../ui/Button";
import { CodeBlock } from "../../ui/CodeBlock";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Panel } from "../../ui/Panel";
import { ApiTokenRow } from "./ApiTokenRow";
import { CreateApiTokenDialog } from "./CreateApiTokenDialog";

const ApiTokensQuery = graphql(`
  query ApiTokens {
    apiTokens {
      id
      ...ApiTokenRow
    }
  }
`);

function exampleCall(secret: string): string {
  return `curl ${urlBesideApp("graphql").href} \\
  -H "Authorization: Bearer ${secret}" \\
  -H "Content-Type: application/json" \\
  -d '{"query": "{ engine { state version } }"}'`;
}

/** Tokens with which scripts speak to this server. */
export function ApiTokenList() {
  const [tokens] = createQuery({
    query: ApiTokensQuery,
    context: { additionalTypenames: ["ApiToken"] },
  });
  const [isCreating, setCreating] = createSignal(false);
  const [fresh, setFresh] = createSignal<FreshSecret>();
  return (
    <Panel
      title={t("tokens.title")}
      hint={t("tokens.hint")}
      flush
      actions={
        <Button size="small" onClick={() => setCreating(true)}>
          {t("tokens.create")}
        </Button>
      }
    >
      <Show when={tokens.error}>
        <div class="p-4">
          <ErrorNotice error={tokens.error} />
        </div>
      </Show>
      <ul class="divide-y divide-line">
        <For
          each={tokens.data?.apiTokens}
          fallback={
            <Show when={tokens.data}>
              <li>
                <EmptyState title={t("tokens.none")}>{t("tokens.noneHint")}</EmptyState>
              </li>
            </Show>
          }
        >
          {(token) => <ApiTokenRow apiToken={token} />}
        </For>
      </ul>
      <CreateApiTokenDialog
        open={isCreating()}
        onClose={() => setCreating(false)}
        onFresh={setFresh}
      />
      <SecretDialog fresh={fresh()} onDone={() => setFresh(undefined)}>
        {(secret) => <CodeBlock place={t("tokens.terminal")} code={exampleCall(secret)} />}
      </SecretDialog>
    </Panel>
  );
}
