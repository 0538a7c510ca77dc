import { createMutation } from "@urql/solid";
import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { readOptional, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { TextAreaField, TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { words as common } from "../../ui/words";
import { parseModels } from "./models";
import { words } from "./words";

const AddApiKeyFragment = graphql(`
  fragment AddApiKey on Provider {
    kind
    displayName
    baseUrlRequired
  }
`);

const AddProviderApiKeyMutation = graphql(`
  mutation AddProviderApiKey($input: AddProviderApiKeyInput!) {
    addProviderApiKey(input: $input) {
      account {
        id
        label
      }
    }
  }
`);

/** A provider to which an API key can be added. */
export type ApiKeyProvider = FragmentType<typeof AddApiKeyFragment>;

type FormProps = { provider: ApiKeyProvider; onClose: () => void };

function AddApiKeyForm(props: FormProps) {
  const provider = () => readFragment(AddApiKeyFragment, props.provider);
  const [addition, add] = createMutation(AddProviderApiKeyMutation);

  async function submit(form: FormData) {
    const models = parseModels(readText(form, "models"));
    const input = {
      kind: provider().kind,
      apiKey: readText(form, "apiKey"),
      label: readOptional(form, "label"),
      baseUrl: readOptional(form, "baseUrl"),
      models: models.length > 0 ? models : null,
    };
    const result = await add({ input });
    if (!result.error) props.onClose();
  }

  return (
    <Form onSubmit={(form) => void submit(form)}>
      <TextField
        label={words().apiKey}
        name="apiKey"
        type="password"
        autocomplete="off"
        hint={words().sealed}
        required
        autofocus
      />
      <TextField label={words().labelOptional} name="label" hint={words().labelHint} />
      <TextField
        label={provider().baseUrlRequired ? words().baseUrl : words().baseUrlOptional}
        name="baseUrl"
        type="url"
        placeholder="https://api.example.com/v1"
        hint={provider().baseUrlRequired ? undefined : words().baseUrlHint}
        required={provider().baseUrlRequired}
      />
      <Show when={provider().kind === "OPENAI_COMPATIBLE"}>
        <TextAreaField
          label={words().models}
          name="models"
          placeholder={"llama-3.3-70b\nfast = mistral-small-latest"}
          hint={words().modelsHint}
          required
        />
      </Show>
      <ErrorNotice error={addition.error} />
      <DialogActions>
        <Button onClick={() => props.onClose()}>{common().cancel}</Button>
        <Button tone="primary" type="submit" pending={addition.fetching}>
          {words().add}
        </Button>
      </DialogActions>
    </Form>
  );
}

/** Asks for an API key of the chosen provider; open while one is chosen. */
export function AddApiKeyDialog(props: {
  provider: ApiKeyProvider | undefined;
  onClose: () => void;
}) {
  const name = () =>
    props.provider ? readFragment(AddApiKeyFragment, props.provider).displayName : "";
  return (
    <Dialog
      open={props.provider !== undefined}
      onClose={props.onClose}
      title={words().addTitle(name())}
    >
      <Show when={props.provider}>
        {(provider) => <AddApiKeyForm provider={provider()} onClose={props.onClose} />}
      </Show>
    </Dialog>
  );
}
