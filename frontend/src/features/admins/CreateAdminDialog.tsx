import type { FreshSecret } from "../../connect/SecretDialog";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { ROLES } from "../../graphql/roles";
import { t } from "../../i18n";
import { readSecret, readText } from "../../lib/form";
import { SelectField, TextField } from "../../ui/Field";
import { MutationDialog } from "../../ui/MutationDialog";
import { roleOptions } from "../../ui/roles";

const CreateAdminMutation = graphql(`
  mutation CreateAdmin($input: CreateAdminInput!) {
    createAdmin(input: $input) {
      admin {
        id
        username
      }
      setupUrl
    }
  }
`);

type CreateAdminDialogProps = {
  open: boolean;
  onClose: () => void;
  onLink: (link: FreshSecret) => void;
};

/** The form for a new administrator. */
export function CreateAdminDialog(props: CreateAdminDialogProps) {
  const [creation, create] = createMutation(CreateAdminMutation);

  async function submit(form: FormData) {
    const input = {
      username: readText(form, "username"),
      role: ROLES.find((role) => role === readText(form, "role")) ?? "VIEWER",
      password: readSecret(form, "password") || null,
    };
    const { data } = await create({ input });
    if (!data) return;
    props.onClose();
    const { admin, setupUrl } = data.createAdmin;
    if (setupUrl)
      props.onLink({ title: t("admins.inviteTitle", { name: admin.username }), secret: setupUrl });
  }

  return (
    <MutationDialog
      open={props.open}
      onClose={props.onClose}
      title={t("admins.create")}
      mutation={creation}
      submit={t("admins.create")}
      onSubmit={(form) => void submit(form)}
    >
      <TextField label={t("common.name")} name="username" autocomplete="off" required autofocus />
      <SelectField label={t("common.role")} name="role" value="ADMIN" options={roleOptions()} />
      <TextField
        label={t("admins.password")}
        name="password"
        type="password"
        autocomplete="new-password"
        hint={`${t("common.newPasswordHint")} ${t("admins.chosenByThem")}`}
      />
    </MutationDialog>
  );
}
