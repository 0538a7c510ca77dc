import { useClient } from "@urql/solid";
import { Show, untrack } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { createVersioned } from "../../graphql/createVersioned";
import { graphql } from "../../graphql/generated";
import type { KeyActionsFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { changesOf, endDay, readEndOfDay, readList, readText } from "../../lib/form";
import { type Difference, differencesOf } from "../../ui/Conflict";
import { Dialog } from "../../ui/Dialog";
import { MutationForm } from "../../ui/MutationDialog";
import { notify } from "../../ui/Toaster";
import { KeyFields } from "./KeyFields";

const KeyToEditQuery = graphql(`
  query KeyToEdit($userId: ID!) {
    user(id: $userId) {
      id
      apiKeys {
        id
        version
        name
        expiresAt
        allowedModels
      }
    }
  }
`);

const UpdateApiKeyMutation = graphql(`
  mutation UpdateApiKey($id: ID!, $input: UpdateApiKeyInput!, $expectedVersion: Int) {
    updateApiKey(id: $id, input: $input, expectedVersion: $expectedVersion) {
      apiKey {
        id
        version
        name
        expiresAt
        allowedModels
        state
      }
    }
  }
`);

type Key = Pick<KeyActionsFragment, "version" | "name" | "expiresAt" | "allowedModels">;

function compare(before: Key, after: Key): Difference[] {
  const fields = [
    [t("common.name"), (key: Key) => key.name],
    [t("common.expirationDate"), (key: Key) => endDay(key.expiresAt) || t("common.none")],
    [t("common.allowedModels"), (key: Key) => key.allowedModels?.join(", ") ?? t("common.all")],
  ] as const;
  return differencesOf<Key>(fields, before, after);
}

type EditKeyFormProps = { userId: string; apiKey: Key & { id: string }; onClose: () => void };

function EditKeyForm(props: EditKeyFormProps) {
  const client = useClient();
  const [change, update] = createMutation(UpdateApiKeyMutation);
  async function read(): Promise<Key | undefined> {
    const variables = { userId: props.userId };
    const answer = await client.query(KeyToEditQuery, variables, {
      requestPolicy: "network-only",
    });
    return answer.data?.user?.apiKeys.find((key) => key.id === props.apiKey.id);
  }
  const versioned = createVersioned<Key, Difference>({
    first: untrack(() => props.apiKey),
    read,
    compare,
  });

  async function submit(form: FormData) {
    const shown = versioned.shown();
    // An unchanged date keeps its time of day.
    const isSameDay = readText(form, "expiresOn") === endDay(shown.expiresAt);
    const wanted = {
      name: readText(form, "name"),
      expiresAt: isSameDay ? shown.expiresAt : readEndOfDay(form, "expiresOn"),
      allowedModels: readList(form, "allowedModels"),
    };
    const { id } = props.apiKey;
    const saved = await versioned.save(
      (base) => changesOf(base, wanted),
      (input, expectedVersion) => update({ id, input, expectedVersion }),
    );
    if (!saved) return;
    props.onClose();
    notify({ tone: "ok", text: t("keys.saved") });
  }

  return (
    <MutationForm
      mutation={change}
      conflict={versioned.conflict()}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <KeyFields apiKey={versioned.shown()} />
    </MutationForm>
  );
}

/** Changes the name, expiry and models of a key. */
export function EditKeyDialog(props: EditKeyFormProps & { open: boolean }) {
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={t("common.editNamed", { name: props.apiKey.name })}
    >
      <Show when={props.open}>
        <EditKeyForm userId={props.userId} apiKey={props.apiKey} onClose={props.onClose} />
      </Show>
    </Dialog>
  );
}
