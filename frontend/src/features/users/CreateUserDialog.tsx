import { createMutation } from "@urql/solid";
import { createSignal } from "solid-js";
import { type FreshKey, KeySecretDialog } from "../../connect/KeySecretDialog";
import { graphql } from "../../graphql/generated";
import { readList, readOptional, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Form } from "../../ui/Form";
import { UserFields } from "./UserFields";
import { words } from "./words";

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
  const [fresh, setFresh] = createSignal<FreshKey>();

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
    const { user, apiKey, secret } = data.createUser;
    setFresh({ title: words().firstKey(user.name), secret, apiKeyId: apiKey.id });
  }

  return (
    <>
      <Dialog
        open={props.open}
        onClose={props.onClose}
        title={words().createTitle}
        description={words().createHint}
      >
        <Form onSubmit={(form) => void submit(form)}>
          <UserFields />
          <ErrorNotice error={creation.error} />
          <DialogActions>
            <Button onClick={() => props.onClose()}>{words().cancel}</Button>
            <Button tone="primary" type="submit" pending={creation.fetching}>
              {words().create}
            </Button>
          </DialogActions>
        </Form>
      </Dialog>
      <KeySecretDialog fresh={fresh()} onDone={() => setFresh(undefined)} />
    </>
  );
}
