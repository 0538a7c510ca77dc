import { createQuery } from "@urql/solid";
import Trash2 from "lucide-solid/icons/trash";
import { createSignal, For, Show } from "solid-js";
import { AccessDialog } from "../../accountGroups/AccessDialog";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { Code } from "../../ui/Code";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { EmptyState } from "../../ui/EmptyState";
import { IconButton } from "../../ui/IconButton";
import { ListPanel } from "../../ui/ListPanel";
import { notify } from "../../ui/Toaster";
import { type Group, UserGroupDialog } from "./UserGroupDialog";

const UserGroupsQueryDoc = graphql(`
  query UserGroups {
    userGroups {
      id
      version
      name
      allowedModels
      memberCount
      accountGroups {
        id
        name
      }
      rateLimit {
        requestsPerMinute
        tokensPerMinute
        concurrentRequests
        concurrentSockets
        maxWaitSeconds
      }
    }
  }
`);

const DeleteUserGroupMutation = graphql(`
  mutation DeleteUserGroup($id: ID!) {
    deleteUserGroup(id: $id) {
      userGroup {
        id
      }
    }
  }
`);

function GroupRow(props: { group: Group; onEdit: () => void }) {
  const [open, setOpen] = createSignal(false);
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-2.5 sm:px-5">
      <div class="flex min-w-0 flex-col gap-1">
        <span class="flex flex-wrap items-baseline gap-x-3">
          <span class="font-medium wrap-anywhere">{props.group.name}</span>
          <span class="text-sm text-muted">
            {t("userGroups.members", { count: props.group.memberCount })}
          </span>
        </span>
        <span class="text-sm text-muted">
          {t("users.allowedModels")}:{" "}
          <For each={props.group.allowedModels} fallback={t("common.all")}>
            {(model) => (
              <>
                <Code>{model}</Code>{" "}
              </>
            )}
          </For>
          {" · "}
          {t(props.group.rateLimit ? "userGroups.ownRate" : "userGroups.defaultRate")}
          <Show when={props.group.accountGroups}>
            {(groups) => (
              <>
                {" · "}
                {t("accountGroups.title")}:{" "}
                {groups()
                  .map(({ name }) => name)
                  .join(", ")}
              </>
            )}
          </Show>
        </span>
      </div>
      <span class="ml-auto flex items-center gap-1">
        <May do="updateUserGroup">
          <Button
            size="small"
            tone="quiet"
            aria-label={`${t("common.edit")} ${props.group.name}`}
            onClick={() => props.onEdit()}
          >
            {t("common.edit")}
          </Button>
        </May>
        <May do="setAccountAccess">
          <Button
            size="small"
            tone="quiet"
            aria-label={t("accountGroups.accessTitle", { name: props.group.name })}
            onClick={() => setOpen(true)}
          >
            {t("accountGroups.title")}
          </Button>
          <AccessDialog
            userGroupId={props.group.id}
            name={props.group.name}
            open={open()}
            onClose={() => setOpen(false)}
          />
        </May>
        <May do="deleteUserGroup">
          <DeleteGroup group={props.group} />
        </May>
      </span>
    </li>
  );
}

/** The button that creates a group, with its dialog. */
export function CreateUserGroup() {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <May do="createUserGroup">
      <Button tone="primary" onClick={() => setOpen(true)}>
        {t("userGroups.create")}
      </Button>
      <UserGroupDialog edited={isOpen() ? "new" : undefined} onClose={() => setOpen(false)} />
    </May>
  );
}

/** Groups of users, with what their members inherit. */
export function UserGroupList() {
  const [query] = createQuery({
    query: UserGroupsQueryDoc,
    context: { additionalTypenames: ["UserGroup", "User"] },
  });
  const [edited, setEdited] = createSignal<Group>();

  return (
    <>
      <ListPanel
        error={query.error}
        count={query.data?.userGroups.length}
        usual={3}
        empty={
          <EmptyState
            do="createUserGroup"
            title={t("userGroups.none")}
            action={<CreateUserGroup />}
          >
            {t("userGroups.noneHint")}
          </EmptyState>
        }
      >
        <ul class="divide-y divide-line">
          <For each={query.data?.userGroups}>
            {(group) => <GroupRow group={group} onEdit={() => setEdited(group)} />}
          </For>
        </ul>
      </ListPanel>
      <UserGroupDialog edited={edited()} onClose={() => setEdited(undefined)} />
    </>
  );
}

function DeleteGroup(props: { group: Group }) {
  const [open, setOpen] = createSignal(false);
  const [removal, remove] = createMutation(DeleteUserGroupMutation);

  async function confirm({ id, name }: Group) {
    const context = { additionalTypenames: ["UserGroup", "User"] };
    const { error } = await remove({ id }, context);
    if (error) return;
    notify({ tone: "ok", text: t("userGroups.deleted", { name }) });
  }
  return (
    <>
      <IconButton
        label={t("userGroups.deleteNamed", { name: props.group.name })}
        onClick={() => setOpen(true)}
      >
        <Trash2 class="size-4" aria-hidden="true" />
      </IconButton>
      <ConfirmDialog
        open={open()}
        title={t("userGroups.deleteNamed", { name: props.group.name })}
        confirmLabel={t("userGroups.delete")}
        pending={removal.fetching}
        error={removal.error}
        onConfirm={() => void confirm(props.group)}
        onClose={() => setOpen(false)}
      >
        {t("userGroups.deleteHint", { count: props.group.memberCount })}
      </ConfirmDialog>
    </>
  );
}
