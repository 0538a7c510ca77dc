import { createQuery } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { type FreshSecret, SecretDialog } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { urlBesideApp } from "../../lib/baseUrl";
import { Button } from "../../ui/Button";
import { CodeBlock } from "../../ui/CodeBlock";
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
      title="API tokens"
      hint="For scripts that manage this server through GraphQL. Users need keys instead."
      flush
      actions={
        <Button size="small" onClick={() => setCreating(true)}>
          Create token
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
          fallback={<li class="px-4 py-4 text-muted sm:px-5">No tokens.</li>}
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
        {(secret) => <CodeBlock place="terminal" code={exampleCall(secret)} />}
      </SecretDialog>
    </Panel>
  );
}
