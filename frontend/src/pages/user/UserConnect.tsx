import { A, useParams, useSearchParams } from "@solidjs/router";
import { Show } from "solid-js";
import { ClientSnippets } from "../../connect/ClientSnippets";
import { CLIENT_KINDS } from "../../connect/clients";
import { t } from "../../i18n";
import { buttonClass } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Panel } from "../../ui/Panel";
import { createKeyChoice } from "./createKeyChoice";

/** The snippets for one user, with one of their keys. */
export default function UserConnect() {
  const params = useParams<{ id: string }>();
  const [search, setSearch] = useSearchParams<{ tool?: string }>();
  const choice = createKeyChoice(() => params.id);
  const chosen = () => choice.chosen() ?? choice.keys().find((key) => key.state === "ACTIVE");
  const client = () => CLIENT_KINDS.find((kind) => kind === search.tool) ?? "CLAUDE_CODE";

  return (
    <Panel
      title={t("common.connectClient")}
      hint={t("pages.setUpHint")}
      actions={
        <Show when={chosen()}>
          {(key) => (
            <Choice
              label={t("common.key")}
              value={key().id}
              options={choice.options()}
              onChoose={choice.choose}
            />
          )}
        </Show>
      }
    >
      <ErrorNotice error={choice.error()} />
      <Show
        when={chosen()}
        fallback={
          <Show when={choice.isKnown()}>
            <EmptyState
              do="issueApiKey"
              title={t("keys.none")}
              action={
                <A href={`/users/${params.id}/keys`} class={buttonClass("plain")}>
                  {t("keys.keys")}
                </A>
              }
            >
              {t("pages.keysNoneHint")}
            </EmptyState>
          </Show>
        }
      >
        {(key) => (
          <ClientSnippets
            apiKeyId={key().id}
            client={client()}
            onChoose={(tool) => setSearch({ tool }, { replace: true, scroll: false })}
          />
        )}
      </Show>
    </Panel>
  );
}
