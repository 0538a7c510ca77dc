import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { TextField } from "../../ui/Field";
import { MutationDialog } from "../../ui/MutationDialog";
import { notify } from "../../ui/Toaster";

const ReplaceKeyMutation = graphql(`
  mutation ReplaceProviderKey($id: ID!, $apiKey: String!) {
    updateProviderAccount(id: $id, input: { apiKey: $apiKey }) {
      account {
        id
        lastFour
      }
    }
  }
`);

/** Replaces the key of an account. */
export function ReplaceKeyDialog(props: {
  account: { id: string; label: string };
  open: boolean;
  onClose: () => void;
}) {
  const [change, replace] = createMutation(ReplaceKeyMutation);

  async function submit(form: FormData) {
    const { error } = await replace({ id: props.account.id, apiKey: readText(form, "apiKey") });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("providers.replacedToast", { label: props.account.label }) });
  }

  return (
    <MutationDialog
      open={props.open}
      onClose={props.onClose}
      title={t("providers.replaceTitle", { label: props.account.label })}
      description={t("providers.replaceHint")}
      mutation={change}
      submit={t("providers.replace")}
      onSubmit={(form) => void submit(form)}
    >
      <TextField
        label={t("providers.apiKey")}
        name="apiKey"
        type="password"
        autocomplete="off"
        hint={t("providers.sealed")}
        required
        autofocus
      />
    </MutationDialog>
  );
}
