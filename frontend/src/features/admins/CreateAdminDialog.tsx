import { createMutation } from "@urql/solid";
import type { FreshSecret } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readSecret, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { SelectField, TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { ROLES, roleOptions } from "../../ui/roles";

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

/** Asks for a new administrator's name and role. */
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
    <Dialog open={props.open} onClose={props.onClose} title={t("admins.createTitle")}>
      <Form onSubmit={(form) => void submit(form)}>
        <TextField label={t("admins.name")} name="username" autocomplete="off" required autofocus />
        <SelectField label={t("admins.role")} name="role" value="ADMIN" options={roleOptions()} />
        <TextField
          label={t("admins.password")}
          name="password"
          type="password"
          autocomplete="new-password"
          hint={`${t("admins.passwordHint")} ${t("admins.chosenByThem")}`}
        />
        <ErrorNotice error={creation.error} />
        <DialogActions>
          <Button onClick={() => props.onClose()}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" pending={creation.fetching}>
            {t("admins.create")}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
