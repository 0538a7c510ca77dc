import Ellipsis from "lucide-solid/icons/ellipsis";
import Pencil from "lucide-solid/icons/pencil";
import { createSignal, Show } from "solid-js";
import { AccessDialog } from "../../accountGroups/AccessDialog";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Menu, MenuItem, MenuLine } from "../../ui/Menu";
import { createEnabling } from "./createEnabling";
import { DeleteUserDialog } from "./DeleteUserDialog";
import { EditUserDialog } from "./EditUserDialog";
import { ResetUsageDialog } from "./ResetUsageDialog";

const UserActionsFragment = graphql(`
  fragment UserActions on User {
    id
    version
    name
    email
    note
    enabled
    archivedAt
    allowedModels
    group {
      id
      name
    }
  }
`);

type UserMask = FragmentType<typeof UserActionsFragment>;

/** Whether a user is disabled or archived; empty otherwise. */
export function UserBadge(props: { user: UserMask }) {
  const user = () => readFragment(UserActionsFragment, props.user);
  return (
    <Show
      when={user().archivedAt}
      fallback={
        <Show when={!user().enabled}>
          <Badge tone="warn">{t("users.disabled")}</Badge>
        </Show>
      }
    >
      <Badge tone="plain">{t("users.deleted")}</Badge>
    </Show>
  );
}

function Actions(props: { user: UserMask }) {
  const user = () => readFragment(UserActionsFragment, props.user);
  const { isEnabled, enable } = createEnabling(user);
  const [open, setOpen] = createSignal<"edit" | "groups" | "reset" | "delete">();
  const close = () => setOpen(undefined);
  return (
    <>
      <Button onClick={() => setOpen("edit")}>
        <Pencil class="size-4" aria-hidden="true" />
        {t("common.edit")}
      </Button>
      <Menu
        label={t("users.actions")}
        trigger={<Ellipsis class="size-4" aria-hidden="true" />}
        triggerClass="inline-flex size-9 items-center justify-center rounded-lg border border-line-strong/60 bg-panel hover:bg-hover"
      >
        <MenuItem onSelect={() => void enable(!isEnabled())}>
          {isEnabled() ? t("users.disable") : t("users.enable")}
        </MenuItem>
        <MenuItem onSelect={() => setOpen("groups")}>{t("accountGroups.menu")}</MenuItem>
        <MenuItem onSelect={() => setOpen("reset")}>{t("users.reset")}</MenuItem>
        <MenuLine />
        <MenuItem danger onSelect={() => setOpen("delete")}>
          {t("common.delete")}
        </MenuItem>
      </Menu>
      <EditUserDialog id={user().id} user={user()} open={open() === "edit"} onClose={close} />
      <AccessDialog
        userId={user().id}
        name={user().name}
        open={open() === "groups"}
        onClose={close}
      />
      <ResetUsageDialog
        id={user().id}
        name={user().name}
        open={open() === "reset"}
        onClose={close}
      />
      <DeleteUserDialog
        id={user().id}
        name={user().name}
        open={open() === "delete"}
        onClose={close}
      />
    </>
  );
}

/** The actions on a user who is not archived. */
export function UserActions(props: { user: UserMask }) {
  const user = () => readFragment(UserActionsFragment, props.user);
  return (
    <Show when={!user().archivedAt}>
      <May do="updateUser">
        <Actions user={props.user} />
      </May>
    </Show>
  );
}
