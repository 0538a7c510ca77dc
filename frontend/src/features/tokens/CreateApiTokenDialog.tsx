import type { FreshSecret } from "../../connect/SecretDialog";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { ROLES } from "../../graphql/roles";
import { t } from "../../i18n";
import { readEndOfDay, readText } from "../../lib/form";
import { SelectField, TextField } from "../../ui/Field";
import { MutationDialog } from "../../ui/MutationDialog";
import { roleOptions } from "../../ui/roles";

const CreateApiTokenMutation = graphql(`
  mutation CreateApiToken($input: CreateApiTokenInput!) {
    createApiToken(input: $input) {
      apiToken {
        id
        name
      }
      secret
    }
  }
`);

type CreateApiTokenDialogProps = {
  open: boolean;
  onClose: () => void;
  onFresh: (fresh: FreshSecret) => void;
};

/** The form for a new token. */
export function CreateApiTokenDialog(props: CreateApiTokenDialogProps) {
  const [creation, create] = createMutation(CreateApiTokenMutation);

  async function submit(form: FormData) {
    const input = {
      name: readText(form, "name"),
      role: ROLES.find((name) => name === readText(form, "role")) ?? "VIEWER",
      expiresAt: readEndOfDay(form, "expiresOn"),
    };
    const { data } = await create({ input });
    if (!data) return;
    props.onClose();
    const { apiToken, secret } = data.createApiToken;
    props.onFresh({ title: t("tokens.fresh", { name: apiToken.name }), secret });
  }

  return (
    <MutationDialog
      open={props.open}
      onClose={props.onClose}
      title={t("tokens.createTitle")}
      mutation={creation}
      submit={t("tokens.create")}
      onSubmit={(form) => void submit(form)}
    >
      <TextField
        label={t("common.name")}
        name="name"
        hint={t("tokens.nameHint")}
        autocomplete="off"
        required
        autofocus
      />
      <SelectField label={t("common.role")} name="role" value="VIEWER" options={roleOptions()} />
      <TextField label={t("common.expirationDate")} name="expiresOn" type="date" />
    </MutationDialog>
  );
}
