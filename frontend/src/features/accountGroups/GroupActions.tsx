import Ellipsis from "lucide-solid/icons/ellipsis";
import { createSignal } from "solid-js";
import { t } from "../../i18n";
import { Menu, MenuItem, MenuLine } from "../../ui/Menu";
import { type DeletedGroup, DeleteGroupDialog } from "./DeleteGroupDialog";
import { type EditedGroup, EditGroupDialog } from "./GroupDialog";

type GroupActionsProps = { group: EditedGroup & DeletedGroup; onDeleted?: () => void };

/** The actions on a group, for those who may change it. */
export function GroupActions(props: GroupActionsProps) {
  const [open, setOpen] = createSignal<"edit" | "delete">();
  const close = () => setOpen(undefined);
  return (
    <>
      <Menu
        label={t("common.actionsFor", { name: props.group.name })}
        trigger={<Ellipsis class="size-4" aria-hidden="true" />}
        triggerClass="inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
      >
        <MenuItem onSelect={() => setOpen("edit")}>{t("common.editMore")}</MenuItem>
        <MenuLine />
        <MenuItem danger disabled={props.group.isDefault} onSelect={() => setOpen("delete")}>
          {t("common.delete")}
        </MenuItem>
      </Menu>
      <EditGroupDialog group={props.group} open={open() === "edit"} onClose={close} />
      <DeleteGroupDialog
        group={props.group}
        open={open() === "delete"}
        onDeleted={props.onDeleted}
        onClose={close}
      />
    </>
  );
}
