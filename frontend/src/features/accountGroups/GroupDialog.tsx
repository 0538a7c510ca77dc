import type { CombinedError } from "@urql/core";
import { createQuery } from "@urql/solid";
import { For, Show, untrack } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { Dialog } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { CheckField, TextField } from "../../ui/Field";
import { Loading } from "../../ui/Loading";
import { MutationForm } from "../../ui/MutationDialog";
import { notify } from "../../ui/Toaster";

const GroupAccountChoicesQuery = graphql(`
  query GroupAccountChoices {
    providers {
      kind
      displayName
      accounts {
        id
        label
      }
    }
  }
`);

const CreateAccountGroupMutation = graphql(`
  mutation CreateAccountGroup($input: CreateAccountGroupInput!) {
    createAccountGroup(input: $input) {
      accountGroup {
        id
        name
      }
    }
  }
`);

const UpdateAccountGroupMutation = graphql(`
  mutation UpdateAccountGroup($id: ID!, $input: UpdateAccountGroupInput!, $expectedVersion: Int) {
    updateAccountGroup(id: $id, input: $input, expectedVersion: $expectedVersion) {
      accountGroup {
        id
        name
        isDefault
        version
      }
    }
  }
`);

/** A group as its form begins with it. */
export type EditedGroup = {
  id: string;
  version: number;
  name: string;
  isDefault: boolean;
  accounts: readonly { id: string }[];
};

const ACCOUNT = "account";
const CHANGES = { additionalTypenames: ["AccountGroup", "ProviderAccount", "User", "ApiKey"] };

function readGroup(form: FormData) {
  return {
    name: readText(form, "name"),
    isDefault: form.has("isDefault"),
    accountIds: form.getAll(ACCOUNT).map(String),
  };
}

/** The accounts of the group stay as they are while the accounts are not known. */
function Unchanged(props: { chosen: readonly { id: string }[]; error: CombinedError | undefined }) {
  return (
    <>
      <For each={props.chosen}>{({ id }) => <input type="hidden" name={ACCOUNT} value={id} />}</For>
      <Show when={!props.error}>
        <Loading />
      </Show>
    </>
  );
}

function AccountChecks(props: { chosen: readonly { id: string }[] }) {
  const [answer] = createQuery({ query: GroupAccountChoicesQuery });
  const accounts = () =>
    answer.data?.providers.flatMap((provider) =>
      provider.accounts.map((account) => ({ ...account, provider: provider.displayName })),
    );
  return (
    <>
      <ErrorNotice error={answer.error} />
      <Show when={accounts()} fallback={<Unchanged chosen={props.chosen} error={answer.error} />}>
        {(known) => (
          <fieldset class="flex flex-col gap-2.5">
            <legend class="mb-1.5 font-medium">{t("accountGroups.accounts")}</legend>
            <For
              each={known()}
              fallback={<p class="text-muted">{t("accountGroups.noAccountsYet")}</p>}
            >
              {(account) => (
                <CheckField
                  label={account.label}
                  name={ACCOUNT}
                  value={account.id}
                  checked={props.chosen.some(({ id }) => id === account.id)}
                  hint={account.provider}
                />
              )}
            </For>
          </fieldset>
        )}
      </Show>
    </>
  );
}

function Fields(props: { group?: EditedGroup }) {
  return (
    <>
      <TextField
        label={t("common.name")}
        name="name"
        value={props.group?.name ?? ""}
        maxLength={60}
        autocomplete="off"
        required
        autofocus
      />
      <AccountChecks chosen={props.group?.accounts ?? []} />
      <CheckField
        label={t("accountGroups.isDefault")}
        name="isDefault"
        checked={props.group?.isDefault ?? false}
        hint={t("accountGroups.isDefaultHint")}
      />
    </>
  );
}

function CreateForm(props: { onClose: () => void }) {
  const [creation, create] = createMutation(CreateAccountGroupMutation);
  async function submit(form: FormData) {
    const input = readGroup(form);
    const { error } = await create({ input }, CHANGES);
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("accountGroups.created", { name: input.name }) });
  }
  return (
    <MutationForm
      mutation={creation}
      submit={t("accountGroups.create")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <Fields />
    </MutationForm>
  );
}

function EditForm(props: { group: EditedGroup; onClose: () => void }) {
  const [change, update] = createMutation(UpdateAccountGroupMutation);
  // The page behind may be updated while the form is open.
  const first = untrack(() => props.group);
  async function submit(form: FormData) {
    const variables = { id: first.id, input: readGroup(form), expectedVersion: first.version };
    const { error } = await update(variables, CHANGES);
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("accountGroups.saved") });
  }
  return (
    <MutationForm
      mutation={change}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <Fields group={first} />
    </MutationForm>
  );
}

/** Creates a group. */
export function CreateGroupDialog(props: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={props.open} title={t("accountGroups.create")} onClose={props.onClose}>
      <Show when={props.open}>
        <CreateForm onClose={props.onClose} />
      </Show>
    </Dialog>
  );
}

type EditGroupDialogProps = { group: EditedGroup; open: boolean; onClose: () => void };

/** Changes the name and accounts of a group, and whether it is the default. */
export function EditGroupDialog(props: EditGroupDialogProps) {
  return (
    <Dialog
      open={props.open}
      title={t("accountGroups.editTitle", { name: props.group.name })}
      onClose={props.onClose}
    >
      <Show when={props.open}>
        <EditForm group={props.group} onClose={props.onClose} />
      </Show>
    </Dialog>
  );
}
