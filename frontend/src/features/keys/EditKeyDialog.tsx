import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { changesOf, endDay, readEndOfDay, readList, readText } from "../../lib/form";
import { MutationDialog } from "../../ui/MutationDialog";
import { notify } from "../../ui/Toaster";
import { KeyFields } from "./KeyFields";

const UpdateApiKeyMutation = graphql(`
  mutation UpdateApiKey($id: ID!, $input: UpdateApiKeyInput!) {
    updateApiKey(id: $id, input: $input) {
      apiKey {
        id
        name
        expiresAt
        allowedModels
        state
      }
    }
  }
`);

type EditKeyDialogProps = {
  apiKey: { id: string; name: string; expiresAt?: string | null; allowedModels?: string[] | null };
  open: boolean;
  onClose: () => void;
};

/** Changes the name, expiry and models of a key. */
export function EditKeyDialog(props: EditKeyDialogProps) {
  const [change, update] = createMutation(UpdateApiKeyMutation);

  async function submit(form: FormData) {
    // An unchanged date keeps its time of day.
    const isSameDay = readText(form, "expiresOn") === endDay(props.apiKey.expiresAt);
    const input = {
      name: readText(form, "name"),
      expiresAt: isSameDay ? props.apiKey.expiresAt : readEndOfDay(form, "expiresOn"),
      allowedModels: readList(form, "allowedModels"),
    };
    const { error } = await update({
      id: props.apiKey.id,
      input: changesOf(props.apiKey, input),
    });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("keys.saved") });
  }

  return (
    <MutationDialog
      open={props.open}
      onClose={props.onClose}
      title={t("common.editNamed", { name: props.apiKey.name })}
      mutation={change}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
    >
      <KeyFields apiKey={props.apiKey} />
    </MutationDialog>
  );
}
