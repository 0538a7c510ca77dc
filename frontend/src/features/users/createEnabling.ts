import { createSignal } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { notify, notifyError } from "../../ui/Toaster";

export const SetUsersEnabledMutation = graphql(`
  mutation SetUsersEnabled($ids: [ID!]!, $enabled: Boolean!) {
    setUsersEnabled(ids: $ids, enabled: $enabled) {
      users {
        id
        enabled
      }
    }
  }
`);

/**
 * Enables or disables a user; their keys stay as they are. The page shows the new state immediately, and
 * it can be undone.
 */
export function createEnabling(user: () => { id: string; name: string; enabled: boolean }) {
  const [, setUsersEnabled] = createMutation(SetUsersEnabledMutation);
  const [wanted, setWanted] = createSignal<boolean>();

  async function enable(enabled: boolean, isUndo = false) {
    const { id, name } = user();
    setWanted(enabled);
    const { error } = await setUsersEnabled({ ids: [id], enabled });
    if (error) notifyError(error);
    else {
      const text = enabled ? t("users.enabledToast", { name }) : t("users.disabledToast", { name });
      const undo = { label: t("common.undo"), onAct: () => void enable(!enabled, true) };
      notify({ tone: "ok", text, action: isUndo ? undefined : undo });
    }
    setWanted(undefined);
  }
  return { isEnabled: () => wanted() ?? user().enabled, enable };
}
