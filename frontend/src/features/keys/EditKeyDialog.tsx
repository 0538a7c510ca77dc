import { useClient } from "@urql/solid";
import { Show, untrack } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { createVersioned } from "../../graphql/createVersioned";
import { errorCode } from "../../graphql/errors";
import { graphql } from "../../graphql/generated";
import type { KeyActionsFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { changesOf, endDay, readEndOfDay, readList, readText } from "../../lib/form";
import { type Difference, differencesOf } from "../../ui/Conflict";
import { Dialog } from "../../ui/Dialog";
import { CheckField } from "../../ui/Field";
import { MutationForm } from "../../ui/MutationDialog";
import { notify } from "../../ui/Toaster";
import { familyName } from "./clientFamilies";
import { KeyFields } from "./KeyFields";
import { readClients } from "./OriginFields";

/** The check box that saves networks which exclude the address of the last use. */
const CONFIRM = "confirmLockOut";

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
        allowedNetworks
        allowedClients
      }
    }
  }
`);

const UpdateApiKeyMutation = graphql(`
  mutation UpdateApiKey(
    $id: ID!
    $input: UpdateApiKeyInput!
    $expectedVersion: Int
    $confirmLockOut: Boolean!
  ) {
    updateApiKey(
      id: $id
      input: $input
      expectedVersion: $expectedVersion
      confirmLockOut: $confirmLockOut
    ) {
      apiKey {
        id
        version
        name
        expiresAt
        allowedModels
        allowedNetworks
        allowedClients
        endsAt
        state
      }
    }
  }
`);

type Key = Pick<
  KeyActionsFragment,
  "version" | "name" | "expiresAt" | "allowedModels" | "allowedNetworks" | "allowedClients"
>;

function compare(before: Key, after: Key): Difference[] {
  const fields = [
    [t("common.name"), (key: Key) => key.name],
    [t("common.expirationDate"), (key: Key) => endDay(key.expiresAt) || t("common.none")],
    [t("common.allowedModels"), (key: Key) => key.allowedModels?.join(", ") ?? t("common.all")],
    [t("keys.allowedNetworks"), (key: Key) => key.allowedNetworks?.join(", ") ?? t("common.all")],
    [
      t("keys.allowedClients"),
      (key: Key) => key.allowedClients?.map(familyName).join(", ") ?? t("common.all"),
    ],
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
      allowedNetworks: readList(form, "allowedNetworks"),
      allowedClients: readClients(form),
    };
    const { id } = props.apiKey;
    const confirmLockOut = form.has(CONFIRM);
    const saved = await versioned.save(
      (base) => changesOf(base, wanted),
      (input, expectedVersion) => update({ id, input, expectedVersion, confirmLockOut }),
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
      <Show when={errorCode(change.error) === "CONFIRMATION_REQUIRED"}>
        <CheckField label={t("keys.lockOut")} hint={t("keys.lockOutHint")} name={CONFIRM} />
      </Show>
    </MutationForm>
  );
}

/** Changes the name, expiry, models, networks and clients of a key. */
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
