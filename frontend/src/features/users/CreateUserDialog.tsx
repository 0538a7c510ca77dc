import { createMutation } from "@urql/solid";
import { createSignal } from "solid-js";
import { KeySecretDialog } from "../../connect/KeySecretDialog";
import type { FreshSecret } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { readList, readOptional, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Form } from "../../ui/Form";
import { UserFields } from "./UserFields";

const CreateUserMutation = graphql(`
  mutation CreateUser($input: CreateUserInput!) {
    createUser(input: $input) {
      user {
        id
        name
      }
      apiKey {
        id
      }
      secret
    }
  }
`);

/** Asks for a new user, then shows their first key once. */
export function CreateUserDialog(props: { open: boolean; onClose: () => void }) {
  const [creation, create] = createMutation(CreateUserMutation);
  const [fresh, setFresh] = createSignal<FreshSecret>();

  async function submit(form: FormData) {
    const input = {
      name: readText(form, "name"),
      email: readOptional(form, "email"),
      note: readOptional(form, "note"),
      allowedModels: readList(form, "allowedModels"),
    };
    const { data } = await create({ input });
    if (!data) return;
    props.onClose();
    const { user, secret } = data.createUser;
    setFresh({ title: `${user.name}’s first key`, secret });
  }

  return (
    <>
      <Dialog
        open={props.open}
        onClose={props.onClose}
        title="New user"
        description="They get a first key, which you pass on to them."
      >
        <Form onSubmit={(form) => void submit(form)}>
          <UserFields />
          <ErrorNotice error={creation.error} />
          <DialogActions>
            <Button onClick={() => props.onClose()}>Cancel</Button>
            <Button tone="primary" type="submit" pending={creation.fetching}>
              Create user
            </Button>
          </DialogActions>
        </Form>
      </Dialog>
      <KeySecretDialog fresh={fresh()} onDone={() => setFresh(undefined)} />
    </>
  );
}
