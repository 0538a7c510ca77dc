import { useNavigate } from "@solidjs/router";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { notify } from "../../ui/Toaster";

const ArchiveUserMutation = graphql(`
  mutation ArchiveUser($id: ID!) {
    archiveUser(id: $id) {
      user {
        id
        archivedAt
      }
    }
  }
`);

type DeleteUserDialogProps = { id: string; name: string; open: boolean; onClose: () => void };

/** The confirmation, by typing the user's name, before the user is archived. */
export function DeleteUserDialog(props: DeleteUserDialogProps) {
  const navigate = useNavigate();
  const [deletion, remove] = createMutation(ArchiveUserMutation);

  async function confirm() {
    const result = await remove({ id: props.id });
    if (result.error) return;
    notify({ tone: "ok", text: t("common.deletedNamed", { name: props.name }) });
    navigate("/users");
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={t("common.deleteNamed", { name: props.name })}
      confirmLabel={t("users.deleteLabel")}
      typedName={props.name}
      pending={deletion.fetching}
      error={deletion.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      {t("users.deleteHint")}
    </ConfirmDialog>
  );
}
