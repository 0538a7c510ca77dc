import { t } from "../../i18n";
import { UserGroupField } from "../../pickers/UserGroupField";
import { TextAreaField, TextField } from "../../ui/Field";

type UserFieldsProps = {
  user?: {
    name: string;
    email?: string | null;
    note?: string | null;
    allowedModels?: string[] | null;
    groupId?: string | null;
  };
};

/** The fields of a user. */
export function UserFields(props: UserFieldsProps) {
  return (
    <>
      <TextField
        label={t("common.name")}
        name="name"
        value={props.user?.name ?? ""}
        autocomplete="off"
        required
        autofocus
      />
      <TextField
        label={t("users.emailField")}
        name="email"
        type="email"
        value={props.user?.email ?? ""}
        autocomplete="off"
      />
      <TextField label={t("users.noteField")} name="note" value={props.user?.note ?? ""} />
      <UserGroupField value={props.user?.groupId} />
      <TextAreaField
        label={t("common.allowedModels")}
        name="allowedModels"
        rows="2"
        value={props.user?.allowedModels?.join("\n") ?? ""}
        hint={t("users.allowedModelsHint")}
      />
    </>
  );
}
