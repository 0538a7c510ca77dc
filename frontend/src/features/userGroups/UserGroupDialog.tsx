import { Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { UserGroupsQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { readList, readText } from "../../lib/form";
import { RateFields, readRate } from "../../limits";
import { Dialog } from "../../ui/Dialog";
import { TextAreaField, TextField } from "../../ui/Field";
import { MutationForm } from "../../ui/MutationDialog";
import { notify } from "../../ui/Toaster";

const CreateUserGroupMutation = graphql(`
  mutation CreateUserGroup($input: CreateUserGroupInput!) {
    createUserGroup(input: $input) {
      userGroup {
        id
      }
    }
  }
`);

const UpdateUserGroupMutation = graphql(`
  mutation UpdateUserGroup($id: ID!, $input: UpdateUserGroupInput!, $expectedVersion: Int) {
    updateUserGroup(id: $id, input: $input, expectedVersion: $expectedVersion) {
      userGroup {
        id
        version
      }
    }
  }
`);

/** A group as the list shows it. */
export type Group = UserGroupsQuery["userGroups"][number];

type GroupProps = { known: Group | undefined; onClose: () => void };

function GroupForm(props: GroupProps) {
  const [creation, create] = createMutation(CreateUserGroupMutation);
  const [change, update] = createMutation(UpdateUserGroupMutation);

  async function submit(form: FormData, { known, onClose }: GroupProps) {
    const input = {
      name: readText(form, "name"),
      allowedModels: readList(form, "allowedModels"),
      rateLimit: readRate(form),
    };
    const context = { additionalTypenames: ["UserGroup", "User"] };
    const { error } = known
      ? await update({ id: known.id, input, expectedVersion: known.version }, context)
      : await create({ input }, context);
    if (error) return;
    onClose();
    notify({ tone: "ok", text: t("userGroups.saved", { name: input.name }) });
  }

  return (
    <MutationForm
      mutation={props.known ? change : creation}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form, props)}
      onClose={props.onClose}
    >
      <TextField
        label={t("common.name")}
        name="name"
        value={props.known?.name ?? ""}
        maxlength="100"
        autocomplete="off"
        required
        autofocus
      />
      <TextAreaField
        label={t("common.allowedModels")}
        name="allowedModels"
        rows="2"
        value={props.known?.allowedModels?.join("\n") ?? ""}
        hint={t("users.allowedModelsHint")}
      />
      <fieldset>
        <legend class="mb-2 font-medium">{t("limits.rate")}</legend>
        <p class="mb-3 text-sm text-muted">{t("userGroups.rateHint")}</p>
        <RateFields rate={props.known?.rateLimit} />
      </fieldset>
    </MutationForm>
  );
}

/** Asks what a group is to be like; open while one is edited. */
export function UserGroupDialog(props: { edited: Group | "new" | undefined; onClose: () => void }) {
  const title = () =>
    props.edited && props.edited !== "new"
      ? t("common.editNamed", { name: props.edited.name })
      : t("userGroups.create");
  return (
    <Dialog open={props.edited !== undefined} title={title()} onClose={props.onClose}>
      <Show when={props.edited} keyed>
        {(edited) => (
          <GroupForm known={edited === "new" ? undefined : edited} onClose={props.onClose} />
        )}
      </Show>
    </Dialog>
  );
}
