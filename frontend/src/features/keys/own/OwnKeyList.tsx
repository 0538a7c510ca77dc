import { createQuery } from "@urql/solid";
import Plus from "lucide-solid/icons/plus";
import { createMemo, createSignal, For, Show } from "solid-js";
import { type FreshKey, KeySecretDialog } from "../../../connect/KeySecretDialog";
import { graphql } from "../../../graphql/generated";
import type { OwnKeysQuery } from "../../../graphql/generated/graphql";
import { t } from "../../../i18n";
import { createEvery } from "../../../lib/createEvery";
import { Button } from "../../../ui/Button";
import { ListPanel } from "../../../ui/ListPanel";
import { Notice } from "../../../ui/Notice";
import { Head, Table } from "../../../ui/Table";
import { CreateOwnKeyDialog } from "./CreateOwnKeyDialog";
import { OwnKeyRow } from "./OwnKeyRow";

const OwnKeysDocument = graphql(`
  query OwnKeys {
    viewer {
      __typename
      ... on KeyHolder {
        apiKey {
          id
          expiresAt
          allowedModels
          allowedNetworks
          allowedClients
        }
        ownKeys {
          isAllowed
          maximum
          active
          manageableIds
        }
        user {
          id
          apiKeys {
            id
            ...OwnKeyRow
          }
        }
      }
    }
  }
`);

type Own = Extract<OwnKeysQuery["viewer"], { ownKeys: unknown }>;

function Columns() {
  return (
    <>
      <Head>{t("common.key")}</Head>
      <Head>{t("common.state")}</Head>
      <Head class="max-sm:hidden">{t("keys.lastUsed")}</Head>
      <Head class="max-md:hidden">{t("keys.ends")}</Head>
      <Head>
        <span class="sr-only">{t("keys.todo")}</span>
      </Head>
    </>
  );
}

/** Notes the maximum, or that only administrators manage keys. */
function Bounds(props: { own: Own }) {
  const ownKeys = () => props.own.ownKeys;
  return (
    <Show
      when={ownKeys().isAllowed}
      fallback={<Notice tone="info">{t("keys.own.disabled")}</Notice>}
    >
      <Show when={ownKeys().active >= ownKeys().maximum}>
        <Notice tone="info">{t("keys.own.full", { maximum: ownKeys().maximum })}</Notice>
      </Show>
    </Show>
  );
}

/** An end user's own keys, which they manage if an administrator allows it. */
export function OwnKeyList() {
  const [isCreating, setCreating] = createSignal(false);
  const [fresh, setFresh] = createSignal<FreshKey>();
  const [answer, ask] = createQuery({
    query: OwnKeysDocument,
    context: { additionalTypenames: ["ApiKey", "Quota"] },
  });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  const own = createMemo<Own | undefined>((before) => {
    const viewer = answer.data?.viewer;
    return viewer && "ownKeys" in viewer ? viewer : before;
  });
  const isAllowed = () => own()?.ownKeys.isAllowed ?? false;
  const isFull = () => (own()?.ownKeys.active ?? 0) >= (own()?.ownKeys.maximum ?? 0);

  return (
    <>
      <Show when={own()}>{(known) => <Bounds own={known()} />}</Show>
      <ListPanel
        title={t("keys.keys")}
        actions={
          <Show when={isAllowed()}>
            <span class="text-sm text-muted tabular-nums">
              {t("keys.own.count", {
                active: own()?.ownKeys.active ?? 0,
                maximum: own()?.ownKeys.maximum ?? 0,
              })}
            </span>
            <Button
              size="small"
              tone="primary"
              disabled={isFull()}
              onClick={() => setCreating(true)}
            >
              <Plus class="size-4" aria-hidden="true" />
              {t("keys.issue")}
            </Button>
          </Show>
        }
        error={answer.error}
        count={own()?.user.apiKeys.length}
        usual={2}
        empty={null}
      >
        <Table label={t("keys.keys")} head={<Columns />}>
          <For each={own()?.user.apiKeys}>
            {(apiKey) => (
              <OwnKeyRow
                apiKey={apiKey}
                isInUse={apiKey.id === own()?.apiKey.id}
                isManageable={own()?.ownKeys.manageableIds.includes(apiKey.id) ?? false}
                isFull={isFull()}
                onFresh={setFresh}
              />
            )}
          </For>
        </Table>
      </ListPanel>
      <Show when={isAllowed() && own()?.apiKey}>
        {(inUse) => (
          <CreateOwnKeyDialog
            inUse={inUse()}
            open={isCreating()}
            onClose={() => setCreating(false)}
            onFresh={setFresh}
          />
        )}
      </Show>
      <KeySecretDialog fresh={fresh()} onDone={() => setFresh(undefined)} />
    </>
  );
}
