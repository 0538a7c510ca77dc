import { createSignal, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import { MutationForm } from "../../ui/MutationDialog";
import { Tabs } from "../../ui/Tabs";
import { notify } from "../../ui/Toaster";
import { AddKeyFields, readKeyFields } from "./AddKeyFields";
import { AddManyForm } from "./AddManyForm";

const AddApiKeyFragment = graphql(`
  fragment AddApiKey on Provider {
    kind
    displayName
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

function AddOneForm(props: FormProps) {
  const provider = () => readFragment(AddApiKeyFragment, props.provider);
  const [addition, add] = createMutation(AddProviderApiKeyMutation);

  async function submit(form: FormData) {
    const apiKey = readText(form, "apiKey");
    const { data } = await add({ input: { ...readKeyFields(provider().kind, form), apiKey } });
    if (!data) return;
    props.onClose();
    notify({
      tone: "ok",
      text: t("providers.addedToast", { label: data.addProviderApiKey.account.label }),
    });
  }

  return (
    <MutationForm
      mutation={addition}
      submit={t("providers.add")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
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
      <AddKeyFields kind={provider().kind} />
    </MutationForm>
  );
}

function Body(props: FormProps) {
  const provider = () => readFragment(AddApiKeyFragment, props.provider);
  const [way, setWay] = createSignal<"one" | "many">("one");
  return (
    <div class="flex flex-col items-stretch gap-4">
      <div class="self-start">
        <Tabs
          label={t("providers.howMany")}
          value={way()}
          options={[
            { value: "one", label: t("providers.oneKey") },
            { value: "many", label: t("providers.manyKeys") },
          ]}
          onChoose={setWay}
        />
      </div>
      <Show when={way() === "many"} fallback={<AddOneForm {...props} />}>
        <AddManyForm kind={provider().kind} onClose={props.onClose} />
      </Show>
    </div>
  );
}

/** Asks for API keys of the chosen provider; open while one is chosen. */
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
      title={t("providers.addTitle", { provider: name() })}
    >
      <Show when={props.provider}>
        {(provider) => <Body provider={provider()} onClose={props.onClose} />}
      </Show>
    </Dialog>
  );
}
