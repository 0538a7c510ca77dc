import { endDay } from "../../lib/form";
import { TextAreaField, TextField } from "../../ui/Field";
import { words } from "./words";

type KeyFieldsProps = {
  apiKey?: { name: string; expiresAt?: string | null; allowedModels?: string[] | null };
};

/** What can be said about a key. */
export function KeyFields(props: KeyFieldsProps) {
  return (
    <>
      <TextField
        label={words().name}
        name="name"
        value={props.apiKey?.name ?? ""}
        hint={words().nameHint}
        autocomplete="off"
        required
        autofocus
      />
      <TextField
        label={words().lastDay}
        name="expiresOn"
        type="date"
        value={endDay(props.apiKey?.expiresAt)}
        hint={words().lastDayHint}
      />
      <TextAreaField
        label={words().allowedModels}
        name="allowedModels"
        rows="2"
        value={props.apiKey?.allowedModels?.join("\n") ?? ""}
        hint={words().allowedModelsHint}
      />
    </>
  );
}
