import { createMutation } from "@urql/solid";
import type { FreshSecret } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { readEndOfDay, readList, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { TextAreaField, TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";

const IssueApiKeyMutation = graphql(`
  mutation IssueApiKey($input: IssueApiKeyInput!) {
    issueApiKey(input: $input) {
      apiKey {
        id
        name
      }
      secret
    }
  }
`);

type IssueKeyDialogProps = {
  userId: string;
  open: boolean;
  onClose: () => void;
  onFresh: (fresh: FreshSecret) => void;
};

/** Issues one more key for a user. */
export function IssueKeyDialog(props: IssueKeyDialogProps) {
  const [issue, issueApiKey] = createMutation(IssueApiKeyMutation);

  async function submit(form: FormData) {
    const input = {
      userId: props.userId,
      name: readText(form, "name"),
      expiresAt: readEndOfDay(form, "expiresOn"),
      allowedModels: readList(form, "allowedModels"),
    };
    const { data } = await issueApiKey({ input });
    if (!data) return;
    props.onClose();
    const { apiKey, secret } = data.issueApiKey;
    props.onFresh({ title: `New key “${apiKey.name}”`, secret });
  }

  return (
    <Dialog open={props.open} onClose={props.onClose} title="Issue a key">
      <Form onSubmit={(form) => void submit(form)}>
        <TextField
          label="Name"
          name="name"
          hint="Where it will be used, as in “laptop” or “build server”."
          autocomplete="off"
          required
          autofocus
        />
        <TextField
          label="Last day (optional)"
          name="expiresOn"
          type="date"
          hint="It stops working at the end of that day."
        />
        <TextAreaField
          label="Allowed models (optional)"
          name="allowedModels"
          rows="2"
          hint="Narrows what the user may use. One on a line; * stands for anything."
        />
        <ErrorNotice error={issue.error} />
        <DialogActions>
          <Button onClick={() => props.onClose()}>Cancel</Button>
          <Button tone="primary" type="submit" pending={issue.fetching}>
            Issue key
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
