import { createMutation } from "@urql/solid";
import type { ComponentProps } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readList, readOptional, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Form } from "../../ui/Form";
import { notify } from "../../ui/Toaster";
import { UserFields } from "./UserFields";

const UpdateUserMutation = graphql(`
  mutation UpdateUser($id: ID!, $input: UpdateUserInput!) {
    updateUser(id: $id, input: $input) {
      user {
        id
        name
        email
        note
        allowedModels
      }
    }
  }
`);

type EditUserDialogProps = {
  id: string;
  user: NonNullable<ComponentProps<typeof UserFields>["user"]>;
  open: boolean;
  onClose: () => void;
};

/** Changes what is said about a user. */
export function EditUserDialog(props: EditUserDialogProps) {
  const [change, update] = createMutation(UpdateUserMutation);

  async function submit(form: FormData) {
    const input = {
      name: readText(form, "name"),
      email: readOptional(form, "email"),
      note: readOptional(form, "note"),
      allowedModels: readList(form, "allowedModels"),
    };
    const result = await update({ id: props.id, input });
    if (result.error) return;
    props.onClose();
    notify({ tone: "ok", text: t("users.saved") });
  }

  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={t("users.editTitle", { name: props.user.name })}
    >
      <Form onSubmit={(form) => void submit(form)}>
        <UserFields user={props.user} />
        <ErrorNotice error={change.error} />
        <DialogActions>
          <Button onClick={() => props.onClose()}>{t("users.cancel")}</Button>
          <Button tone="primary" type="submit" pending={change.fetching}>
            {t("users.save")}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
