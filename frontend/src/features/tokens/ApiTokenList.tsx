import { createQuery } from "@urql/solid";
import { createSignal, For } from "solid-js";
import { type FreshSecret, SecretDialog } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { urlBesideApp } from "../../lib/baseUrl";
import { Button } from "../../ui/Button";
import { CodeBlock } from "../../ui/CodeBlock";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
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

/** The API tokens of scripts. */
export function ApiTokenList() {
  const [tokens] = createQuery({
    query: ApiTokensQuery,
    context: { additionalTypenames: ["ApiToken"] },
  });
  const [isCreating, setCreating] = createSignal(false);
  const [fresh, setFresh] = createSignal<FreshSecret>();
  return (
    <>
      <ListPanel
        title={t("tokens.title")}
        hint={t("tokens.hint")}
        actions={
          <Button size="small" onClick={() => setCreating(true)}>
            {t("tokens.create")}
          </Button>
        }
        error={tokens.error}
        count={tokens.data?.apiTokens.length}
        usual={2}
        empty={<EmptyState title={t("tokens.none")}>{t("tokens.noneHint")}</EmptyState>}
      >
        <ul class="divide-y divide-line">
          <For each={tokens.data?.apiTokens}>{(token) => <ApiTokenRow apiToken={token} />}</For>
        </ul>
      </ListPanel>
      <CreateApiTokenDialog
        open={isCreating()}
        onClose={() => setCreating(false)}
        onFresh={setFresh}
      />
      <SecretDialog fresh={fresh()} onDone={() => setFresh(undefined)}>
        {(secret) => <CodeBlock place={t("tokens.terminal")} code={exampleCall(secret)} />}
      </SecretDialog>
    </>
  );
}
