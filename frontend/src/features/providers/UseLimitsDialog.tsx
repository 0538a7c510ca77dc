import { For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { AccountActionsFragment } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import { MutationForm } from "../../ui/MutationDialog";
import { notify } from "../../ui/Toaster";
import { nameOfWindow } from "../../windows/windowName";

const SetStopLineMutation = graphql(`
  mutation SetStopLine($id: ID!, $window: String!, $percent: Int) {
    setStopLine(accountId: $id, window: $window, stopAtPercent: $percent) {
      account {
        id
        windows {
          name
          stopAtPercent
        }
      }
    }
  }
`);

const LimitRequestsMutation = graphql(`
  mutation LimitRequests($id: ID!, $most: Int) {
    updateProviderAccount(id: $id, input: { maxConcurrentRequests: $most }) {
      account {
        id
        maxConcurrentRequests
      }
    }
  }
`);

/** An empty field is no limit. */
function readLimit(form: FormData, name: string): number | null {
  const text = readText(form, name);
  return text === "" ? null : Number(text);
}

type LimitsProps = { account: AccountActionsFragment; onClose: () => void };

function LimitsForm(props: LimitsProps) {
  const [stopped, setStopLine] = createMutation(SetStopLineMutation);
  const [limited, limitRequests] = createMutation(LimitRequestsMutation);
  const mutation = () => (limited.error || limited.fetching ? limited : stopped);

  async function submit(form: FormData, { account, onClose }: LimitsProps) {
    const { id } = account;
    const most = readLimit(form, "requests");
    if (most !== account.maxConcurrentRequests && (await limitRequests({ id, most })).error) return;
    for (const window of account.windows) {
      const percent = readLimit(form, `window.${window.name}`);
      if (percent === window.stopAtPercent) continue;
      const { error } = await setStopLine({ id, window: window.name, percent });
      if (error) return;
    }
    onClose();
    notify({ tone: "ok", text: t("providers.limits.saved", { label: account.label }) });
  }

  return (
    <MutationForm
      mutation={mutation()}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form, props)}
      onClose={props.onClose}
    >
      <For each={props.account.windows}>
        {(window) => (
          <TextField
            label={t("providers.limits.stop", { window: nameOfWindow(window.name) })}
            name={`window.${window.name}`}
            type="number"
            min="1"
            max="100"
            value={window.stopAtPercent === null ? "" : String(window.stopAtPercent)}
            hint={t("providers.limits.stopHint", { percent: window.usedPercent })}
          />
        )}
      </For>
      <Show when={props.account.windows.length === 0}>
        <p class="text-sm text-muted">{t("providers.limits.noWindows")}</p>
      </Show>
      <TextField
        label={t("providers.limits.requests")}
        name="requests"
        type="number"
        min="1"
        max="10000"
        value={
          props.account.maxConcurrentRequests === null
            ? ""
            : String(props.account.maxConcurrentRequests)
        }
        hint={t("providers.limits.requestsHint")}
      />
    </MutationForm>
  );
}

/** Limits the use of an account: where each window stops it, and its requests at a time. */
export function UseLimitsDialog(props: LimitsProps & { open: boolean }) {
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={t("providers.limits.title", { label: props.account.label })}
      description={t("providers.limits.hint")}
    >
      <Show when={props.open}>
        <LimitsForm account={props.account} onClose={props.onClose} />
      </Show>
    </Dialog>
  );
}
