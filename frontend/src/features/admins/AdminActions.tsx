import Ellipsis from "lucide-solid/icons/ellipsis";
import { createSignal, Show } from "solid-js";
import type { FreshSecret } from "../../connect/SecretDialog";
import { createMutation } from "../../graphql/createMutation";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { Role } from "../../graphql/generated/graphql";
import { ROLES } from "../../graphql/roles";
import { t } from "../../i18n";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Menu, MenuChoice, MenuItem, MenuLine } from "../../ui/Menu";
import { notify, notifyError } from "../../ui/Toaster";

const AdminActionsFragment = graphql(`
  fragment AdminActions on Admin {
    id
    username
    role
    enabled
    invitedUntil
  }
`);

const SetAdminRoleMutation = graphql(`
  mutation SetAdminRole($id: ID!, $role: Role!) {
    setAdminRole(id: $id, role: $role) {
      admin {
        id
        role
      }
    }
  }
`);

const SetAdminEnabledMutation = graphql(`
  mutation SetAdminEnabled($id: ID!, $enabled: Boolean!) {
    setAdminEnabled(id: $id, enabled: $enabled) {
      admin {
        id
        enabled
      }
    }
  }
`);

const InviteAdminMutation = graphql(`
  mutation InviteAdmin($id: ID!) {
    inviteAdmin(id: $id) {
      admin {
        id
        invitedUntil
      }
      setupUrl
    }
  }
`);

const RemoveAdminMutation = graphql(`
  mutation RemoveAdmin($id: ID!) {
    removeAdmin(id: $id) {
      admin {
        id
      }
    }
  }
`);

type Known = () => { id: string; username: string; role: Role; enabled: boolean };

/** Changes that can be undone. */
function createChanges(admin: Known) {
  const [, setAdminRole] = createMutation(SetAdminRoleMutation);
  const [, setAdminEnabled] = createMutation(SetAdminEnabledMutation);

  async function setRole(role: Role, isUndo = false) {
    const { id, username, role: before } = admin();
    if (role === before) return;
    const { error } = await setAdminRole({ id, role });
    if (error) return notifyError(error);
    const undo = { label: t("common.undo"), onAct: () => void setRole(before, true) };
    const text = t("admins.roleToast", { name: username, role: t(`roles.${role}.label`) });
    notify({ tone: "ok", text, action: isUndo ? undefined : undo });
  }

  async function setEnabled(enabled: boolean, isUndo = false) {
    const { id, username } = admin();
    const { error } = await setAdminEnabled({ id, enabled });
    if (error) return notifyError(error);
    const undo = { label: t("common.undo"), onAct: () => void setEnabled(!enabled, true) };
    const text = enabled
      ? t("admins.enabledToast", { name: username })
      : t("admins.disabledToast", { name: username });
    notify({ tone: "ok", text, action: isUndo ? undefined : undo });
  }
  return { setRole, setEnabled };
}

function RemoveDialog(props: {
  admin: { id: string; username: string };
  open: boolean;
  onClose: () => void;
}) {
  const [removal, remove] = createMutation(RemoveAdminMutation);
  async function confirm() {
    const { id, username } = props.admin;
    const { error } = await remove({ id });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("admins.removedToast", { name: username }) });
  }
  return (
    <ConfirmDialog
      open={props.open}
      title={t("admins.removeTitle", { name: props.admin.username })}
      typedName={props.admin.username}
      confirmLabel={t("admins.removeLabel")}
      pending={removal.fetching}
      error={removal.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      {t("admins.removeHint")}
    </ConfirmDialog>
  );
}

/** The actions on an administrator. */
export function AdminActions(props: {
  admin: FragmentType<typeof AdminActionsFragment>;
  onLink: (link: FreshSecret) => void;
}) {
  const admin = () => readFragment(AdminActionsFragment, props.admin);
  const { setRole, setEnabled } = createChanges(admin);
  const [, invite] = createMutation(InviteAdminMutation);
  const [isRemoving, setRemoving] = createSignal(false);

  async function inviteAgain() {
    const { id, username } = admin();
    const { data, error } = await invite({ id });
    if (error) notifyError(error);
    if (!data) return;
    props.onLink({
      title: t("admins.inviteTitle", { name: username }),
      secret: data.inviteAdmin.setupUrl,
    });
  }

  return (
    <>
      <Menu
        label={t("common.actionsFor", { name: admin().username })}
        trigger={<Ellipsis class="size-4" aria-hidden="true" />}
        triggerClass="inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
      >
        <MenuChoice
          label={t("common.role")}
          value={admin().role}
          options={ROLES.map((role) => ({ value: role, label: t(`roles.${role}.label`) }))}
          onChoose={(role) => void setRole(role)}
        />
        <MenuLine />
        <Show when={admin().invitedUntil}>
          <MenuItem onSelect={() => void inviteAgain()}>{t("admins.inviteAgain")}</MenuItem>
        </Show>
        <MenuItem onSelect={() => void setEnabled(!admin().enabled)}>
          {admin().enabled ? t("admins.disable") : t("admins.enable")}
        </MenuItem>
        <MenuLine />
        <MenuItem danger onSelect={() => setRemoving(true)}>
          {t("common.remove")}
        </MenuItem>
      </Menu>
      <RemoveDialog admin={admin()} open={isRemoving()} onClose={() => setRemoving(false)} />
    </>
  );
}
