import { TextAreaField, TextField } from "../../ui/Field";

type UserFieldsProps = {
  user?: {
    name: string;
    email?: string | null;
    note?: string | null;
    allowedModels?: string[] | null;
  };
};

/** What can be said about a user. */
export function UserFields(props: UserFieldsProps) {
  return (
    <>
      <TextField
        label="Name"
        name="name"
        value={props.user?.name ?? ""}
        autocomplete="off"
        required
        autofocus
      />
      <TextField
        label="E-mail (optional)"
        name="email"
        type="email"
        value={props.user?.email ?? ""}
        autocomplete="off"
      />
      <TextField label="Note (optional)" name="note" value={props.user?.note ?? ""} />
      <TextAreaField
        label="Allowed models (optional)"
        name="allowedModels"
        rows="2"
        value={props.user?.allowedModels?.join("\n") ?? ""}
        hint="One on a line; * stands for anything, as in claude-*. Leave it empty to allow all."
      />
    </>
  );
}
