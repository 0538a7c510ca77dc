import { Show } from "solid-js";
import type { FreshKey } from "../../../connect/KeySecretDialog";
import { createMutation } from "../../../graphql/createMutation";
import { graphql } from "../../../graphql/generated";
import { keepUserKey } from "../../../graphql/userKey";
import { t } from "../../../i18n";
import { graces } from "../../../keys/graces";
import { readText } from "../../../lib/form";
import { useSession } from "../../../session/SessionProvider";
import { ConfirmDialog } from "../../../ui/ConfirmDialog";
import { SelectField, TextField } from "../../../ui/Field";
import { MutationDialog } from "../../../ui/MutationDialog";
import { Notice } from "../../../ui/Notice";
import { notify } from "../../../ui/Toaster";

const RenameOwnApiKeyMutation = graphql(`
  mutation RenameOwnApiKey($id: ID!, $name: String!) {
    renameOwnApiKey(id: $id, name: $name) {
      apiKey {
        id
        name
      }
    }
  }
`);

const RotateOwnApiKeyMutation = graphql(`
  mutation RotateOwnApiKey($id: ID!, $graceSeconds: Int!) {
    rotateOwnApiKey(id: $id, graceSeconds: $graceSeconds) {
      apiKey {
        id
      }
      replaced {
        id
        state
      }
      secret
    }
  }
`);

const RevokeOwnApiKeyMutation = graphql(`
  mutation RevokeOwnApiKey($id: ID!) {
    revokeOwnApiKey(id: $id) {
      apiKey {
        id
        state
      }
    }
  }
`);

const NOW = "0";
const DAY = String(24 * 3600);

type OwnKeyDialogProps = {
  apiKey: { id: string; name: string };
  open: boolean;
  onClose: () => void;
};

/** Renames one of the user's own keys. */
export function RenameOwnKeyDialog(props: OwnKeyDialogProps) {
  const { refresh } = useSession();
  const [change, rename] = createMutation(RenameOwnApiKeyMutation);

  async function submit(form: FormData) {
    const result = await rename({ id: props.apiKey.id, name: readText(form, "name") });
    if (result.error) return;
    props.onClose();
    notify({ tone: "ok", text: t("keys.own.renamed") });
    // The frame shows the name of the key in use.
    await refresh();
  }

  return (
    <MutationDialog
      open={props.open}
      onClose={props.onClose}
      title={t("common.editNamed", { name: props.apiKey.name })}
      mutation={change}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
    >
      <TextField
        label={t("common.name")}
        name="name"
        value={props.apiKey.name}
        autocomplete="off"
        maxlength="100"
        required
        autofocus
      />
    </MutationDialog>
  );
}

type RotateOwnKeyDialogProps = OwnKeyDialogProps & {
  isInUse: boolean;
  isFull: boolean;
  onFresh: (fresh: FreshKey) => void;
};

/** Replaces one of the user's own keys. The page goes on with the new one if it was signed in with the old one. */
export function RotateOwnKeyDialog(props: RotateOwnKeyDialogProps) {
  const { refresh } = useSession();
  const [rotation, rotate] = createMutation(RotateOwnApiKeyMutation);

  async function submit(form: FormData) {
    const { id, name } = props.apiKey;
    const isInUse = props.isInUse;
    const graceSeconds = Number(readText(form, "grace"));
    // Before any query is sent again: the old key may be rejected already.
    const onData = (data: { rotateOwnApiKey: { secret: string } }) =>
      keepUserKey(data.rotateOwnApiKey.secret);
    const context = isInUse ? { onData } : {};
    const { data } = await rotate({ id, graceSeconds }, context);
    if (!data) return;
    const { apiKey, secret } = data.rotateOwnApiKey;
    props.onFresh({ title: t("keys.rotated", { name }), secret, apiKeyId: apiKey.id });
    props.onClose();
    if (isInUse) await refresh();
  }

  return (
    <MutationDialog
      open={props.open}
      onClose={props.onClose}
      title={t("keys.rotateTitle", { name: props.apiKey.name })}
      description={t("keys.rotateHint")}
      mutation={rotation}
      submit={t("keys.rotate")}
      onSubmit={(form) => void submit(form)}
    >
      <Show when={props.isInUse}>
        <Notice tone="info">{t("keys.own.rotateInUse")}</Notice>
      </Show>
      <SelectField
        label={t("keys.grace")}
        name="grace"
        value={props.isFull ? NOW : DAY}
        options={props.isFull ? graces().slice(0, 1) : graces()}
        hint={props.isFull ? t("keys.own.rotateNow") : t("keys.graceHint")}
      />
    </MutationDialog>
  );
}

/** The confirmation before the user revokes one of their own keys. */
export function RevokeOwnKeyDialog(props: OwnKeyDialogProps & { isInUse: boolean }) {
  const { refresh } = useSession();
  const [revocation, revoke] = createMutation(RevokeOwnApiKeyMutation);

  async function confirm() {
    const { name } = props.apiKey;
    const isInUse = props.isInUse;
    const result = await revoke({ id: props.apiKey.id });
    if (result.error) return;
    props.onClose();
    notify({ tone: "ok", text: t("common.revokedNamed", { name }) });
    if (isInUse) await refresh();
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
      <p>{t("keys.own.revokeHint")}</p>
      <Show when={props.isInUse}>
        <p class="mt-2 font-medium text-ink">{t("keys.own.revokeInUse")}</p>
      </Show>
    </ConfirmDialog>
  );
}
