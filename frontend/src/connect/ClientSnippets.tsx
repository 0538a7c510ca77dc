import { createQuery } from "@urql/solid";
import { For, Show } from "solid-js";
import { graphql } from "../graphql/generated";
import type { ClientKind, ClientSetupPurpose } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { Code } from "../ui/Code";
import { CodeBlock } from "../ui/CodeBlock";
import { ErrorNotice } from "../ui/ErrorNotice";
import { Loading } from "../ui/Loading";
import { CLIENT_KINDS, CLIENTS } from "./clients";

const ClientSetupQuery = graphql(`
  query ClientSetup($client: ClientKind!, $apiKeyId: ID!) {
    clientSetup(client: $client, apiKeyId: $apiKeyId) {
      client
      note
      files {
        purpose
        place
        language
        content
      }
      keyPlaceholder
      models
    }
  }
`);

type ClientSnippetsProps = {
  apiKeyId: string;
  /** The secret, if it is known; otherwise snippets contain a placeholder. */
  secret?: string;
  client: ClientKind;
  onChoose: (client: ClientKind) => void;
};

/** Configuration snippets, one client at a time. */
export function ClientSnippets(props: ClientSnippetsProps) {
  const [setup] = createQuery({
    query: ClientSetupQuery,
    variables: () => ({ client: props.client, apiKeyId: props.apiKeyId }),
  });
  const shown = () => setup.data?.clientSetup;
  const filesFor = (purpose: ClientSetupPurpose) =>
    shown()?.files.filter((file) => file.purpose === purpose) ?? [];
  const files = (purpose: ClientSetupPurpose, placeholder: string) => (
    <For each={filesFor(purpose)}>
      {(file) => (
        <CodeBlock
          place={file.place}
          code={file.content.replaceAll(placeholder, props.secret ?? placeholder)}
        />
      )}
    </For>
  );

  return (
    <div class="flex min-w-0 flex-col gap-4">
      <fieldset class="flex flex-wrap gap-1.5">
        <legend class="mb-2 font-medium">{t("connect.tool")}</legend>
        <For each={CLIENT_KINDS}>
          {(kind) => (
            <button
              type="button"
              aria-pressed={kind === props.client}
              onClick={() => props.onChoose(kind)}
              class="rounded-full border border-line-strong/60 px-3 py-1 text-sm font-medium text-muted transition-colors hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent-text"
            >
              {CLIENTS[kind]}
            </button>
          )}
        </For>
      </fieldset>
      <ErrorNotice error={setup.error} />
      <Show
        when={shown()}
        fallback={
          <Show when={setup.fetching}>
            <Loading />
          </Show>
        }
      >
        {(known) => (
          <>
            <Show when={!props.secret}>
              <p class="text-sm text-muted">
                {t("connect.placeholder")} <Code>{known().keyPlaceholder}</Code>
              </p>
            </Show>
            {files("CONNECT", known().keyPlaceholder)}
            <p class="text-sm text-muted">{known().note}</p>
            <Show when={filesFor("STATUS_LINE").length > 0}>
              <p class="font-medium">{t("connect.statusLine")}</p>
              {files("STATUS_LINE", known().keyPlaceholder)}
            </Show>
            <Models names={known().models} />
          </>
        )}
      </Show>
    </div>
  );
}

function Models(props: { names: readonly string[] }) {
  return (
    <Show when={props.names.length > 0} fallback={<p class="text-sm">{t("connect.modelsNone")}</p>}>
      <details class="text-sm">
        <summary class="w-fit font-medium text-muted hover:text-ink">
          {t("connect.models")} ({props.names.length})
        </summary>
        <p class="mt-2 flex flex-wrap gap-1.5">
          <For each={props.names}>{(name) => <Code>{name}</Code>}</For>
        </p>
      </details>
    </Show>
  );
}
