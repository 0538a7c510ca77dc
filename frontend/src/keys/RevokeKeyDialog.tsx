import { createSignal } from "solid-js";
import { createMutation } from "../graphql/createMutation";
import { graphql } from "../graphql/generated";
import { t } from "../i18n";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { notify } from "../ui/Toaster";

const RevokeApiKeyMutation = graphql(`
  mutation RevokeApiKey($id: ID!, $withCreated: Boolean!) {
    revokeApiKey(id: $id, withCreated: $withCreated) {
      apiKey {
        id
        state
        revokedAt
      }
    }
  }
`);

type RevokeKeyDialogProps = {
  apiKey: { id: string; name: string };
  open: boolean;
  onClose: () => void;
};

/** The confirmation before a key is revoked. */
export function RevokeKeyDialog(props: RevokeKeyDialogProps) {
  // Anyone who has a leaked key may have created others with it.
  const [isWithCreated, setWithCreated] = createSignal(true);
  const [revocation, revoke] = createMutation(RevokeApiKeyMutation);

  async function confirm() {
    const result = await revoke({ id: props.apiKey.id, withCreated: isWithCreated() });
    if (result.error) return;
    props.onClose();
    notify({ tone: "ok", text: t("common.revokedNamed", { name: props.apiKey.name }) });
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={t("common.revokeNamed", { name: props.apiKey.name })}
      confirmLabel={t("keys.revokeLabel")}
      typedName={props.apiKey.name}
      pending={revocation.fetching}
      error={revocation.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      <p>{t("keys.revokeHint")}</p>
      <label class="mt-3 flex items-center gap-2.5 text-ink">
        <input
          type="checkbox"
          class="size-4 shrink-0 accent-accent-text"
          checked={isWithCreated()}
          onChange={(event) => setWithCreated(event.currentTarget.checked)}
        />
        {t("keys.withCreated")}
      </label>
    </ConfirmDialog>
  );
}
