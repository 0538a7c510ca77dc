import type { FreshKey } from "../../../connect/KeySecretDialog";
import { createMutation } from "../../../graphql/createMutation";
import { graphql } from "../../../graphql/generated";
import type { ClientFamily } from "../../../graphql/generated/graphql";
import { t } from "../../../i18n";
import { endDay, readEndOfDay, readList, readText } from "../../../lib/form";
import { TextAreaField, TextField } from "../../../ui/Field";
import { MutationDialog } from "../../../ui/MutationDialog";
import { OriginFields, readClients } from "../OriginFields";

const CreateOwnApiKeyMutation = graphql(`
  mutation CreateOwnApiKey($input: CreateOwnApiKeyInput!) {
    createOwnApiKey(input: $input) {
      apiKey {
        id
        name
      }
      secret
    }
  }
`);

type CreateOwnKeyDialogProps = {
  /** The key that the user is signed in with, whose bounds the new one has. */
  inUse: {
    expiresAt?: string | null;
    allowedModels?: string[] | null;
    allowedNetworks?: string[] | null;
    allowedClients?: ClientFamily[] | null;
  };
  open: boolean;
  onClose: () => void;
  onFresh: (fresh: FreshKey) => void;
};

/** Creates another key of the user. */
export function CreateOwnKeyDialog(props: CreateOwnKeyDialogProps) {
  const [creation, createOwnApiKey] = createMutation(CreateOwnApiKeyMutation);
  const lastDay = () => endDay(props.inUse.expiresAt);

  async function submit(form: FormData) {
    // On the last day of the key in use, the new one ends with it.
    const isLastDay = readText(form, "expiresOn") === lastDay();
    const { data } = await createOwnApiKey({
      input: {
        name: readText(form, "name"),
        expiresAt: isLastDay ? null : readEndOfDay(form, "expiresOn"),
        allowedModels: readList(form, "allowedModels"),
        allowedNetworks: readList(form, "allowedNetworks"),
        allowedClients: readClients(form),
      },
    });
    if (!data) return;
    props.onClose();
    const { apiKey, secret } = data.createOwnApiKey;
    props.onFresh({ title: t("keys.fresh", { name: apiKey.name }), secret, apiKeyId: apiKey.id });
  }

  return (
    <MutationDialog
      open={props.open}
      onClose={props.onClose}
      title={t("keys.issue")}
      description={t("keys.own.createHint")}
      mutation={creation}
      submit={t("keys.issue")}
      onSubmit={(form) => void submit(form)}
    >
      <TextField
        label={t("common.name")}
        name="name"
        hint={t("keys.nameHint")}
        autocomplete="off"
        maxlength="100"
        required
        autofocus
      />
      <TextField
        label={t("common.expirationDate")}
        name="expiresOn"
        type="date"
        max={lastDay() || undefined}
        hint={t("keys.own.expiryHint")}
      />
      <TextAreaField
        label={t("common.allowedModels")}
        name="allowedModels"
        rows="2"
        placeholder={props.inUse.allowedModels?.join("\n")}
        hint={t("keys.own.modelsHint")}
      />
      <OriginFields
        usual={props.inUse.allowedNetworks}
        clients={props.inUse.allowedClients}
        networksHint={t("keys.own.networksHint")}
        clientsHint={t("keys.own.clientsHint")}
      />
    </MutationDialog>
  );
}
