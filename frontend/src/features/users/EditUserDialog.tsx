import type { ComponentProps } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { changesOf, readList, readOptional, readText } from "../../lib/form";
import { MutationDialog } from "../../ui/MutationDialog";
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

/** Changes the details of a user. */
export function EditUserDialog(props: EditUserDialogProps) {
  const [change, update] = createMutation(UpdateUserMutation);

  async function submit(form: FormData) {
    const input = {
      name: readText(form, "name"),
      email: readOptional(form, "email"),
      note: readOptional(form, "note"),
      allowedModels: readList(form, "allowedModels"),
    };
    const result = await update({ id: props.id, input: changesOf(props.user, input) });
    if (result.error) return;
    props.onClose();
    notify({ tone: "ok", text: t("users.saved") });
  }

  return (
    <MutationDialog
      open={props.open}
      onClose={props.onClose}
      title={t("common.editNamed", { name: props.user.name })}
      mutation={change}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
    >
      <UserFields user={props.user} />
    </MutationDialog>
  );
}
