import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { notify } from "../../ui/Toaster";

const ResetUserUsageMutation = graphql(`
  mutation ResetUserUsage($id: ID!) {
    resetUserUsage(id: $id) {
      previousUsedTokens
      user {
        id
        usedTokens
        usageResetAt
      }
    }
  }
`);

type ResetUsageDialogProps = { id: string; name: string; open: boolean; onClose: () => void };

/** The confirmation before the quota usage of a user is reset. */
export function ResetUsageDialog(props: ResetUsageDialogProps) {
  const [reset, resetUsage] = createMutation(ResetUserUsageMutation);

  async function confirm() {
    const { data } = await resetUsage({ id: props.id }, { additionalTypenames: ["Quota"] });
    if (!data) return;
    props.onClose();
    const tokens = data.resetUserUsage.previousUsedTokens;
    notify({ tone: "ok", text: t("users.resetToast", { tokens }) });
  }

  return (
    <ConfirmDialog
      open={props.open}
      title={t("users.resetTitle", { name: props.name })}
      confirmLabel={t("users.resetLabel")}
      typedName={props.name}
      pending={reset.fetching}
      error={reset.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      {t("users.resetHint")}
    </ConfirmDialog>
  );
}
