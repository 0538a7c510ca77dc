import { useSearchParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import Plus from "lucide-solid/icons/plus";
import { createSignal, For } from "solid-js";
import { type FreshKey, KeySecretDialog } from "../../connect/KeySecretDialog";
import { graphql } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
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

function Columns() {
  return (
    <>
      <Head>{t("common.key")}</Head>
      <Head>{t("common.state")}</Head>
      <Head class="max-lg:hidden">{t("keys.quota")}</Head>
      <Head class="max-sm:hidden">{t("keys.lastUsed")}</Head>
      <Head class="max-md:hidden">{t("keys.ends")}</Head>
      <Head>
        <span class="sr-only">{t("keys.todo")}</span>
      </Head>
    </>
  );
}

/** The keys of a user with their actions. */
export function KeyList(props: { userId: string }) {
  // The palette links to one key, which may be revoked.
  const [search] = useSearchParams<{ key?: string; revoked?: string }>();
  const [isAll, setAll] = createSignal(search.revoked === "yes");
  const [isIssuing, setIssuing] = createSignal(false);
  const [fresh, setFresh] = createSignal<FreshKey>();
  const [keys] = createQuery({
    query: KeysQuery,
    variables: () => ({ userId: props.userId, includeRevoked: isAll() }),
    context: { additionalTypenames: ["ApiKey", "Quota"] },
  });

  return (
    <>
      <ListPanel
        title={t("keys.keys")}
        actions={
          <>
            <Switch label={t("keys.showRevoked")} checked={isAll()} onChange={setAll} />
            <May do="issueApiKey">
              <Button size="small" tone="primary" onClick={() => setIssuing(true)}>
                <Plus class="size-4" aria-hidden="true" />
                {t("keys.issue")}
              </Button>
            </May>
          </>
        }
        error={keys.error}
        count={keys.data?.user?.apiKeys.length}
        usual={2}
        empty={
          <EmptyState do="issueApiKey" title={t("keys.none")}>
            {t("keys.noneHint")}
          </EmptyState>
        }
      >
        <Table label={t("keys.keys")} head={<Columns />}>
          <For each={keys.data?.user?.apiKeys}>
            {(apiKey) => (
              <KeyRow
                userId={props.userId}
                apiKey={apiKey}
                isSought={apiKey.id === search.key}
                onFresh={setFresh}
              />
            )}
          </For>
        </Table>
      </ListPanel>
      <May do="issueApiKey">
        <IssueKeyDialog
          userId={props.userId}
          open={isIssuing()}
          onClose={() => setIssuing(false)}
          onFresh={setFresh}
        />
      </May>
      <KeySecretDialog fresh={fresh()} onDone={() => setFresh(undefined)} />
    </>
  );
}
