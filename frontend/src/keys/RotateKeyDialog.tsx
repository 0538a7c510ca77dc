import type { FreshKey } from "../connect/KeySecretDialog";
import { createMutation } from "../graphql/createMutation";
import { graphql } from "../graphql/generated";
import { t } from "../i18n";
import { readText } from "../lib/form";
import { SelectField } from "../ui/Field";
import { MutationDialog } from "../ui/MutationDialog";
import { graces } from "./graces";

const RotateApiKeyMutation = graphql(`
  mutation RotateApiKey($id: ID!, $graceSeconds: Int!) {
    rotateApiKey(id: $id, graceSeconds: $graceSeconds) {
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

const DAY = String(24 * 3600);

type RotateKeyDialogProps = {
  apiKey: { id: string; name: string };
  open: boolean;
  onClose: () => void;
  onFresh: (fresh: FreshKey) => void;
};

/** Replaces a key; both work until the grace period is over. */
export function RotateKeyDialog(props: RotateKeyDialogProps) {
  const [rotation, rotate] = createMutation(RotateApiKeyMutation);

  async function submit(form: FormData) {
    const { id, name } = props.apiKey;
    const { data } = await rotate({ id, graceSeconds: Number(readText(form, "grace")) });
    if (!data) return;
    props.onClose();
    const { apiKey, secret } = data.rotateApiKey;
    props.onFresh({ title: t("keys.rotated", { name }), secret, apiKeyId: apiKey.id });
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
      <SelectField
        label={t("keys.grace")}
        name="grace"
        value={DAY}
        options={graces()}
        hint={t("keys.graceHint")}
      />
    </MutationDialog>
  );
}
