import { createMutation } from "@urql/solid";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { endDay, readEndOfDay, readList, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Form } from "../../ui/Form";
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

/** Changes what a key is called, when it ends and what it opens. */
export function EditKeyDialog(props: EditKeyDialogProps) {
  const [change, update] = createMutation(UpdateApiKeyMutation);

  async function submit(form: FormData) {
    // A day that was left alone keeps its hour.
    const isSameDay = readText(form, "expiresOn") === endDay(props.apiKey.expiresAt);
    const input = {
      name: readText(form, "name"),
      expiresAt: isSameDay ? props.apiKey.expiresAt : readEndOfDay(form, "expiresOn"),
      allowedModels: readList(form, "allowedModels"),
    };
    const { error } = await update({ id: props.apiKey.id, input });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("keys.saved") });
  }

  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={t("keys.editTitle", { name: props.apiKey.name })}
    >
      <Form onSubmit={(form) => void submit(form)}>
        <KeyFields apiKey={props.apiKey} />
        <ErrorNotice error={change.error} />
        <DialogActions>
          <Button onClick={() => props.onClose()}>{t("keys.cancel")}</Button>
          <Button tone="primary" type="submit" pending={change.fetching}>
            {t("keys.save")}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
