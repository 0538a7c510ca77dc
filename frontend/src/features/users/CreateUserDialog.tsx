import { createSignal } from "solid-js";
import { type FreshKey, KeySecretDialog } from "../../connect/KeySecretDialog";
import { t } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { CreateUserForm } from "./CreateUserForm";

/** Creates a user, then shows the first key once. */
export function CreateUserDialog(props: { open: boolean; onClose: () => void }) {
  const [fresh, setFresh] = createSignal<FreshKey>();

  return (
    <>
      <Dialog
        open={props.open}
        onClose={props.onClose}
        title={t("users.create")}
        description={t("users.createHint")}
      >
        <CreateUserForm
          onCancel={() => props.onClose()}
          onCreated={(_, key) => {
            props.onClose();
            setFresh(key);
          }}
        />
      </Dialog>
      <KeySecretDialog fresh={fresh()} onDone={() => setFresh(undefined)} />
    </>
  );
}
