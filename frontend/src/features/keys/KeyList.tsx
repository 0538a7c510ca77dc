import { createQuery } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { KeySecretDialog } from "../../connect/KeySecretDialog";
import type { FreshSecret } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Panel } from "../../ui/Panel";
import { Switch } from "../../ui/Switch";
import { Head, Table } from "../../ui/Table";
import { IssueKeyDialog } from "./IssueKeyDialog";
import { KeyRow } from "./KeyRow";

const KeysQuery = graphql(`
  query Keys($userId: ID!, $includeRevoked: Boolean!) {
    user(id: $userId) {
      id
      apiKeys(includeRevoked: $includeRevoked) {
        id
        ...KeyRow
      }
    }
  }
`);

/** A user's keys, and what can be done with them. */
export function KeyList(props: { userId: string }) {
  const [isAll, setAll] = createSignal(false);
  const [isIssuing, setIssuing] = createSignal(false);
  const [fresh, setFresh] = createSignal<FreshSecret>();
  const [keys] = createQuery({
    query: KeysQuery,
    variables: () => ({ userId: props.userId, includeRevoked: isAll() }),
    context: { additionalTypenames: ["ApiKey"] },
  });

  return (
    <Panel
      title="Keys"
      flush
      actions={
        <>
          <Switch label="Show revoked" checked={isAll()} onChange={setAll} />
          <Button size="small" tone="primary" onClick={() => setIssuing(true)}>
            Issue key
          </Button>
        </>
      }
    >
      <Show when={keys.error}>
        <div class="p-4">
          <ErrorNotice error={keys.error} />
        </div>
      </Show>
      <Show
        when={keys.data?.user?.apiKeys.length}
        fallback={
          <Show when={keys.data}>
            <EmptyState title="No key that works">
              Issue one, and pass it on to the user. They cannot send requests without it.
            </EmptyState>
          </Show>
        }
      >
        <Table
          label="Keys"
          head={
            <>
              <Head>Key</Head>
              <Head>State</Head>
              <Head class="max-sm:hidden">Last used</Head>
              <Head class="max-md:hidden">Ends</Head>
              <Head />
            </>
          }
        >
          <For each={keys.data?.user?.apiKeys}>
            {(apiKey) => <KeyRow apiKey={apiKey} onFresh={setFresh} />}
          </For>
        </Table>
      </Show>
      <IssueKeyDialog
        userId={props.userId}
        open={isIssuing()}
        onClose={() => setIssuing(false)}
        onFresh={setFresh}
      />
      <KeySecretDialog fresh={fresh()} onDone={() => setFresh(undefined)} />
    </Panel>
  );
}
