import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { ProviderKind } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { notify } from "../../ui/Toaster";

const DisconnectProviderMutation = graphql(`
  mutation DisconnectProvider($kind: ProviderKind!) {
    disconnectProvider(kind: $kind) {
      accounts {
        id
      }
    }
  }
`);

/** The confirmation, by typing the provider's name, before all of its accounts are removed. */
export function DisconnectDialog(props: {
  kind: ProviderKind;
  name: string;
  count: number;
  open: boolean;
  onClose: () => void;
}) {
  const [change, disconnect] = createMutation(DisconnectProviderMutation);

  async function confirm() {
    const { error } = await disconnect({ kind: props.kind });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("providers.disconnectedToast", { provider: props.name }) });
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={t("providers.disconnectTitle", { provider: props.name })}
      confirmLabel={t("providers.disconnectLabel")}
      typedName={props.name}
      pending={change.fetching}
      error={change.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      {t("providers.disconnectHint", { count: props.count })}
    </ConfirmDialog>
  );
}
