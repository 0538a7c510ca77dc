import { For } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { notify } from "../../ui/Toaster";

const RevokeApiKeysMutation = graphql(`
  mutation RevokeApiKeys($ids: [ID!]!) {
    revokeApiKeys(ids: $ids) {
      results {
        id
        outcome
        apiKey {
          id
          state
          revokedAt
        }
      }
    }
  }
`);

/** A key that is chosen in the list. */
export type ChosenKey = {
  id: string;
  name: string;
  prefix: string;
  lastFour: string;
  user: { name: string };
};

type RevokeKeysDialogProps = {
  apiKeys: readonly ChosenKey[];
  open: boolean;
  onDone: () => void;
  onClose: () => void;
};

/** Lists the chosen keys before they are revoked together. */
export function RevokeKeysDialog(props: RevokeKeysDialogProps) {
  const [revocation, revoke] = createMutation(RevokeApiKeysMutation);

  async function confirm() {
    const { data } = await revoke({ ids: props.apiKeys.map((key) => key.id) });
    if (!data) return;
    const { results } = data.revokeApiKeys;
    const revoked = results.filter((result) => result.outcome === "REVOKED").length;
    props.onDone();
    notify({
      tone: "ok",
      text: t("keys.revokedMany", { revoked, others: results.length - revoked }),
    });
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={t("keys.revokeMany", { count: props.apiKeys.length })}
      confirmLabel={t("keys.revokeManyLabel", { count: props.apiKeys.length })}
      typedName={t("keys.revokeManyTyped", { count: props.apiKeys.length })}
      pending={revocation.fetching}
      error={revocation.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      <p>
        {t("keys.revokeManyHint")} {t("keys.withCreatedMany")}
      </p>
      {/* Reachable by keyboard, so that a long list can be read. */}
      <ul
        tabindex="0"
        aria-label={t("keys.keys")}
        class="mt-3 max-h-48 overflow-y-auto rounded-lg border border-line px-3 py-2 text-sm text-ink"
      >
        <For each={props.apiKeys}>
          {(apiKey) => (
            <li class="flex flex-wrap gap-x-2 py-0.5">
              <span class="font-medium">{apiKey.name}</span>
              <span>{apiKey.user.name}</span>
              <span class="font-mono text-xs text-muted">
                {apiKey.prefix}…{apiKey.lastFour}
              </span>
            </li>
          )}
        </For>
      </ul>
    </ConfirmDialog>
  );
}
