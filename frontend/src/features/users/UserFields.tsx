import { TextAreaField, TextField } from "../../ui/Field";
import { words } from "./words";

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
        label={words().name}
        name="name"
        value={props.user?.name ?? ""}
        autocomplete="off"
        required
        autofocus
      />
      <TextField
        label={words().emailField}
        name="email"
        type="email"
        value={props.user?.email ?? ""}
        autocomplete="off"
      />
      <TextField label={words().noteField} name="note" value={props.user?.note ?? ""} />
      <TextAreaField
        label={words().allowedModelsField}
        name="allowedModels"
        rows="2"
        value={props.user?.allowedModels?.join("\n") ?? ""}
        hint={words().allowedModelsHint}
      />
    </>
  );
}
