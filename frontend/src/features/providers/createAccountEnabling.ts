import { createSignal } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { notify, notifyError } from "../../ui/Toaster";

const SetAccountEnabledMutation = graphql(`
  mutation SetAccountEnabled($id: ID!, $enabled: Boolean!) {
    updateProviderAccount(id: $id, input: { enabled: $enabled }) {
      account {
        id
        enabled
      }
    }
  }
`);

/** Enables or disables an account. The page shows the new state immediately, and it can be undone. */
export function createAccountEnabling(
  account: () => { id: string; label: string; enabled: boolean },
) {
  const [, setAccountEnabled] = createMutation(SetAccountEnabledMutation);
  const [wanted, setWanted] = createSignal<boolean>();

  async function enable(enabled: boolean, isUndo = false) {
    const { id, label } = account();
    setWanted(enabled);
    const { error } = await setAccountEnabled({ id, enabled });
    if (error) notifyError(error);
    else {
      const text = enabled
        ? t("providers.enabledToast", { label })
        : t("providers.disabledToast", { label });
      const undo = { label: t("common.undo"), onAct: () => void enable(!enabled, true) };
      notify({ tone: "ok", text, action: isUndo ? undefined : undo });
    }
    setWanted(undefined);
  }
  return { isEnabled: () => wanted() ?? account().enabled, enable };
}
