import { createMutation } from "@urql/solid";
import type { FreshSecret } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { readEndOfDay, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { SelectField, TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { ROLES, roleOptions } from "../../ui/roles";
import { words } from "./words";

const CreateApiTokenMutation = graphql(`
  mutation CreateApiToken($input: CreateApiTokenInput!) {
    createApiToken(input: $input) {
      apiToken {
        id
        name
      }
      secret
    }
  }
`);

type CreateApiTokenDialogProps = {
  open: boolean;
  onClose: () => void;
  onFresh: (fresh: FreshSecret) => void;
};

/** Asks for a new token's name and role. */
export function CreateApiTokenDialog(props: CreateApiTokenDialogProps) {
  const [creation, create] = createMutation(CreateApiTokenMutation);

  async function submit(form: FormData) {
    const input = {
      name: readText(form, "name"),
      role: ROLES.find((name) => name === readText(form, "role")) ?? "VIEWER",
      expiresAt: readEndOfDay(form, "expiresOn"),
    };
    const { data } = await create({ input });
    if (!data) return;
    props.onClose();
    const { apiToken, secret } = data.createApiToken;
    props.onFresh({ title: words().fresh(apiToken.name), secret });
  }

  return (
    <Dialog open={props.open} onClose={props.onClose} title={words().createTitle}>
      <Form onSubmit={(form) => void submit(form)}>
        <TextField
          label={words().name}
          name="name"
          hint={words().nameHint}
          autocomplete="off"
          required
          autofocus
        />
        <SelectField label={words().role} name="role" value="VIEWER" options={roleOptions()} />
        <TextField label={words().lastDay} name="expiresOn" type="date" />
        <ErrorNotice error={creation.error} />
        <DialogActions>
          <Button onClick={() => props.onClose()}>{words().cancel}</Button>
          <Button tone="primary" type="submit" pending={creation.fetching}>
            {words().create}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
