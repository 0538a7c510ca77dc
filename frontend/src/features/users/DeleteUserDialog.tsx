import { useNavigate } from "@solidjs/router";
import { createMutation } from "@urql/solid";
import { graphql } from "../../graphql/generated";
import { ConfirmDialog } from "../../ui/ConfirmDialog";

const DeleteUserMutation = graphql(`
  mutation DeleteUser($id: ID!) {
    deleteUser(id: $id) {
      user {
        id
        archivedAt
      }
    }
  }
`);

type DeleteUserDialogProps = { id: string; name: string; open: boolean; onClose: () => void };

/** Asks for the user's name before they go. */
export function DeleteUserDialog(props: DeleteUserDialogProps) {
  const navigate = useNavigate();
  const [deletion, remove] = createMutation(DeleteUserMutation);

  async function confirm() {
    const result = await remove({ id: props.id });
    if (!result.error) navigate("/users");
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={`Delete ${props.name}?`}
      confirmLabel="Delete user"
      typedName={props.name}
      pending={deletion.fetching}
      error={deletion.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      All their keys stop working at once and cannot be brought back. What they used stays in the
      records.
    </ConfirmDialog>
  );
}
