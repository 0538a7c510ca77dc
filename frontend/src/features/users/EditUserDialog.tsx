import { useClient } from "@urql/solid";
import { Show, untrack } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { createVersioned } from "../../graphql/createVersioned";
import { graphql } from "../../graphql/generated";
import type { UserActionsFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { changesOf, readList, readOptional, readText } from "../../lib/form";
import { type Difference, differencesOf } from "../../ui/Conflict";
import { Dialog } from "../../ui/Dialog";
import { MutationForm } from "../../ui/MutationDialog";
import { notify } from "../../ui/Toaster";
import { UserFields } from "./UserFields";

const UserToEditQuery = graphql(`
  query UserToEdit($id: ID!) {
    user(id: $id) {
      id
      version
      name
      email
      note
      allowedModels
      group {
        id
        name
      }
    }
  }
`);

const UpdateUserMutation = graphql(`
  mutation UpdateUser($id: ID!, $input: UpdateUserInput!, $expectedVersion: Int) {
    updateUser(id: $id, input: $input, expectedVersion: $expectedVersion) {
      user {
        id
        version
        name
        email
        note
        allowedModels
        group {
          id
          name
        }
      }
    }
  }
`);

type Stored = Pick<
  UserActionsFragment,
  "version" | "name" | "email" | "note" | "allowedModels" | "group"
>;
type User = Omit<Stored, "group"> & { groupId: string | null; groupName: string | null };

function flat({ group, ...user }: Stored): User {
  return { ...user, groupId: group?.id ?? null, groupName: group?.name ?? null };
}

function compare(before: User, after: User): Difference[] {
  const fields = [
    [t("common.name"), (user: User) => user.name],
    [t("users.email"), (user: User) => user.email || t("common.none")],
    [t("users.note"), (user: User) => user.note || t("common.none")],
    [t("userGroups.group"), (user: User) => user.groupName ?? t("userGroups.noGroup")],
    [t("common.allowedModels"), (user: User) => user.allowedModels?.join(", ") ?? t("common.all")],
  ] as const;
  return differencesOf<User>(fields, before, after);
}

type EditUserFormProps = { id: string; user: Stored; onClose: () => void };

function EditUserForm(props: EditUserFormProps) {
  const client = useClient();
  const [change, update] = createMutation(UpdateUserMutation);
  async function read(): Promise<User | undefined> {
    const variables = { id: props.id };
    const answer = await client.query(UserToEditQuery, variables, {
      requestPolicy: "network-only",
    });
    return answer.data?.user ? flat(answer.data.user) : undefined;
  }
  const versioned = createVersioned<User, Difference>({
    first: untrack(() => flat(props.user)),
    read,
    compare,
  });

  async function submit(form: FormData) {
    const wanted = {
      name: readText(form, "name"),
      email: readOptional(form, "email"),
      note: readOptional(form, "note"),
      allowedModels: readList(form, "allowedModels"),
      groupId: readOptional(form, "groupId"),
    };
    const id = props.id;
    const saved = await versioned.save(
      (base) => changesOf(base, wanted),
      (input, expectedVersion) => update({ id, input, expectedVersion }),
    );
    if (!saved) return;
    props.onClose();
    notify({ tone: "ok", text: t("users.saved") });
  }

  return (
    <MutationForm
      mutation={change}
      conflict={versioned.conflict()}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <UserFields user={versioned.shown()} />
    </MutationForm>
  );
}

/** Changes the details of a user. */
export function EditUserDialog(props: EditUserFormProps & { open: boolean }) {
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={t("common.editNamed", { name: props.user.name })}
    >
      <Show when={props.open}>
        <EditUserForm id={props.id} user={props.user} onClose={props.onClose} />
      </Show>
    </Dialog>
  );
}
