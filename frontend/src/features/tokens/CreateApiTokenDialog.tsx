import { createMutation } from "@urql/solid";
import type { FreshSecret } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import type { Role } from "../../graphql/generated/graphql";
import { readEndOfDay, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { SelectField, TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { ROLES } from "./roles";

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

const ROLE_NAMES = Object.keys(ROLES) as Role[];

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
      role: ROLE_NAMES.find((name) => name === readText(form, "role")) ?? "VIEWER",
      expiresAt: readEndOfDay(form, "expiresOn"),
    };
    const { data } = await create({ input });
    if (!data) return;
    props.onClose();
    const { apiToken, secret } = data.createApiToken;
    props.onFresh({ title: `New token “${apiToken.name}”`, secret });
  }

  return (
    <Dialog open={props.open} onClose={props.onClose} title="Create an API token">
      <Form onSubmit={(form) => void submit(form)}>
        <TextField
          label="Name"
          name="name"
          hint="The script or the machine that will use it."
          autocomplete="off"
          required
          autofocus
        />
        <SelectField
          label="Role"
          name="role"
          value="VIEWER"
          options={ROLE_NAMES.map((name) => ({ value: name, label: ROLES[name].meaning }))}
        />
        <TextField label="Last day (optional)" name="expiresOn" type="date" />
        <ErrorNotice error={creation.error} />
        <DialogActions>
          <Button onClick={() => props.onClose()}>Cancel</Button>
          <Button tone="primary" type="submit" pending={creation.fetching}>
            Create token
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
