import { onMount } from "solid-js";
import { t } from "../i18n";
import { createQuotaChange } from "./createQuotaChange";
import { QuotaDialog } from "./QuotaDialog";

type LimitDialogProps = { userId: string; name: string; onClose: () => void };

/** Adds a quota to a user, from any page that shows the user's usage. */
export default function LimitDialog(props: LimitDialogProps) {
  const subject = () => ({ userId: props.userId });
  const quotas = createQuotaChange({
    get userId() {
      return props.userId;
    },
    get subject() {
      return subject();
    },
    version: undefined,
  });
  onMount(() => quotas.open("new"));

  async function save(quota: Parameters<typeof quotas.save>[0]) {
    await quotas.save(quota);
    if (quotas.edited() === undefined) props.onClose();
  }
  return (
    <QuotaDialog
      open={quotas.edited() !== undefined}
      title={t("limits.addFor", { name: props.name })}
      quota={quotas.known()}
      subject={subject()}
      mutation={quotas.change}
      conflict={quotas.conflict()}
      onSave={(quota) => void save(quota)}
      onClose={() => {
        quotas.open(undefined);
        props.onClose();
      }}
    />
  );
}
