import { createSignal, Show } from "solid-js";
import { createMutation } from "../graphql/createMutation";
import { graphql } from "../graphql/generated";
import type { QuotaRaiseInput, QuotaStateFragment } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { readText } from "../lib/form";
import { localMoment } from "../lib/moment";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { MutationForm } from "../ui/MutationDialog";
import { describeAmount, describeWindow } from "../ui/quotaAmounts";
import { notify } from "../ui/Toaster";
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

type RaiseFormProps = { quota: QuotaStateFragment; onClose: () => void };

function RaiseForm(props: RaiseFormProps) {
  const [change, setQuotaRaise] = createMutation(SetQuotaRaiseMutation);
  const [isWrong, setWrong] = createSignal(false);
  const present = () => props.quota.raise;

  async function save(raise: QuotaRaiseInput | null, done: string) {
    const { error } = await setQuotaRaise({ quotaId: props.quota.id, raise });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: done });
  }

  function submit(form: FormData) {
    const amount = readLimit(props.quota.metric, readText(form, "amount"));
    setWrong(amount === undefined);
    if (amount === undefined) return;
    const until = new Date(readText(form, "until")).toISOString();
    void save({ amount, until, reason: readText(form, "reason") }, t("limits.raiseSaved"));
  }

  return (
    <MutationForm
      mutation={change}
      submit={t("common.save")}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <div class="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label={t(`limits.raiseAmounts.${props.quota.metric}`)}
          name="amount"
          value={present()?.amount ?? ""}
          inputmode={props.quota.metric === "COST" ? "decimal" : "numeric"}
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
          <Button
            size="small"
            pending={change.fetching}
            onClick={() => void save(null, t("limits.raiseEnded"))}
          >
            {t("limits.raiseEnd")}
          </Button>
        </div>
      </Show>
    </MutationForm>
  );
}

type RaiseDialogProps = {
  /** The quota to raise; closed without one. */
  quota: QuotaStateFragment | undefined;
  onClose: () => void;
};

/** Raises the limit of a quota until a time, with a reason, or ends its raise. */
export function RaiseDialog(props: RaiseDialogProps) {
  const limit = (quota: QuotaStateFragment) =>
    t("limits.inWindow", {
      amount: describeAmount(quota.metric, quota.limit),
      window: describeWindow(quota.window, quota.rollingSeconds),
    });
  return (
    <Dialog
      open={props.quota !== undefined}
      title={t("limits.raiseTitle")}
      description={props.quota && limit(props.quota)}
      onClose={() => props.onClose()}
    >
      <Show when={props.quota}>
        {(quota) => <RaiseForm quota={quota()} onClose={props.onClose} />}
      </Show>
    </Dialog>
  );
}
