import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { notify } from "../../ui/Toaster";

const DeleteAccountGroupMutation = graphql(`
  mutation DeleteAccountGroup($id: ID!, $expectedVersion: Int) {
    deleteAccountGroup(id: $id, expectedVersion: $expectedVersion, confirm: true) {
      id
    }
  }
`);

/** A group as it is shown before it is deleted. */
export type DeletedGroup = {
  id: string;
  version: number;
  name: string;
  userCount: number;
  apiKeyCount: number;
  userGroups: readonly { id: string }[];
  accounts: readonly { id: string }[];
};

type DeleteGroupDialogProps = {
  group: DeletedGroup;
  open: boolean;
  onDeleted?: () => void;
  onClose: () => void;
};

const CHANGES = { additionalTypenames: ["AccountGroup", "ProviderAccount", "User", "ApiKey"] };

/** The confirmation, by typing the group's name, before a group is deleted, with the users and keys that lose access. */
export function DeleteGroupDialog(props: DeleteGroupDialogProps) {
  const [deletion, remove] = createMutation(DeleteAccountGroupMutation);

  async function confirm() {
    const { id, name, version } = props.group;
    const { error } = await remove({ id, expectedVersion: version }, CHANGES);
    if (error) return;
    props.onClose();
    props.onDeleted?.();
    notify({ tone: "ok", text: t("common.deletedNamed", { name }) });
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={t("common.deleteNamed", { name: props.group.name })}
      confirmLabel={t("accountGroups.deleteLabel")}
      typedName={props.group.name}
      pending={deletion.fetching}
      error={deletion.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      {t("accountGroups.deleteHint", {
        users: props.group.userCount,
        keys: props.group.apiKeyCount,
        groups: props.group.userGroups.length,
        accounts: props.group.accounts.length,
      })}
    </ConfirmDialog>
  );
}
