import { createSignal, Show } from "solid-js";
import { createMutation } from "../graphql/createMutation";
import { graphql } from "../graphql/generated";
import type { QuotaStateFragment } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { readText } from "../lib/form";
import { localMoment } from "../lib/moment";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { MutationDialog } from "../ui/MutationDialog";
import { notify, notifyError } from "../ui/Toaster";
import { readLimit } from "./quotaInput";

const SetQuotaRaiseMutation = graphql(`
  mutation SetQuotaRaise($quotaId: ID!, $raise: QuotaRaiseInput) {
    setQuotaRaise(quotaId: $quotaId, raise: $raise) {
      quota {
        id
        ...QuotaState
      }
    }
  }
`);

/** Midnight at the end of today, as the field shows it. */
function endOfToday(): string {
  const end = new Date();
  end.setHours(24, 0, 0, 0);
  return localMoment(end.toISOString());
}

type RaiseDialogProps = {
  /** The quota to raise; closed without one. */
  quota: QuotaStateFragment | undefined;
  onClose: () => void;
};

/** Raises the limit of a quota until a time, with a reason, or ends its raise. */
export function RaiseDialog(props: RaiseDialogProps) {
  const [change, setQuotaRaise] = createMutation(SetQuotaRaiseMutation);
  const [isWrong, setWrong] = createSignal(false);
  const present = () => props.quota?.raise;

  async function submit(form: FormData) {
    const quota = props.quota;
    const amount = quota && readLimit(quota.metric, readText(form, "amount"));
    setWrong(amount === undefined);
    if (!quota || amount === undefined) return;
    const until = new Date(readText(form, "until")).toISOString();
    const raise = { amount, until, reason: readText(form, "reason") };
    const { error } = await setQuotaRaise({ quotaId: quota.id, raise });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("limits.raiseSaved") });
  }

  async function end() {
    if (!props.quota) return;
    const { error } = await setQuotaRaise({ quotaId: props.quota.id, raise: null });
    if (error) return notifyError(error);
    props.onClose();
    notify({ tone: "ok", text: t("limits.raiseEnded") });
  }

  return (
    <MutationDialog
      open={props.quota !== undefined}
      onClose={() => props.onClose()}
      title={t("limits.raise")}
      mutation={change}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
    >
      <div class="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label={t("limits.raiseAmount")}
          name="amount"
          value={present()?.amount ?? ""}
          inputmode={props.quota?.metric === "COST" ? "decimal" : "numeric"}
          fault={isWrong() ? t("limits.amountWrong") : undefined}
          autocomplete="off"
          required
          autofocus
        />
        <TextField
          label={t("limits.raiseUntil")}
          name="until"
          type="datetime-local"
          value={localMoment(present()?.until ?? "") || endOfToday()}
          required
        />
      </div>
      <TextField
        label={t("limits.raiseReason")}
        name="reason"
        value={present()?.reason ?? ""}
        hint={t("limits.raiseReasonHint")}
        maxlength="200"
        required
      />
      <Show when={present()}>
        <div>
          <Button size="small" disabled={change.fetching} onClick={() => void end()}>
            {t("limits.raiseEnd")}
          </Button>
        </div>
      </Show>
    </MutationDialog>
  );
}
