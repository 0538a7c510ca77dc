import { createSignal } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { errorCode } from "../../graphql/errors";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { formatTime } from "../../lib/format";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { notify } from "../../ui/Toaster";
import type { AlertAddress } from "./OwnAlertAddress";
import { RequestOwnAlertAddressMutation } from "./RequestForm";

const ConfirmOwnAlertAddressMutation = graphql(`
  mutation ConfirmOwnAlertAddress($code: String!) {
    confirmOwnAlertAddress(code: $code) {
      alertAddress {
        address
        confirmedAt
        pending {
          address
        }
      }
    }
  }
`);

type CodeFormProps = {
  pending: NonNullable<AlertAddress["pending"]>;
  /** Another address is to be entered instead. */
  onOther: () => void;
};

/** Asks for the code that was sent to an address. */
export function CodeForm(props: CodeFormProps) {
  const [state, confirm] = createMutation(ConfirmOwnAlertAddressMutation);
  const [sending, send] = createMutation(RequestOwnAlertAddressMutation);
  const [fault, setFault] = createSignal<string>();
  // As of the answer: the server counts attempts, and the query is not sent again after an error.
  const [wrong, setWrong] = createSignal(0);

  async function submit(form: FormData) {
    setFault(undefined);
    const { address, attemptsLeft } = props.pending;
    const result = await confirm({ code: readText(form, "code") });
    const code = errorCode(result.error);
    if (code === "BAD_USER_INPUT") {
      setWrong(wrong() + 1);
      const left = Math.max(0, attemptsLeft - wrong());
      setFault(t("alertAddress.wrongCode", { left }));
    } else if (code === "CONFLICT") {
      setFault(t("alertAddress.codeGone"));
    } else if (!result.error) {
      notify({ tone: "ok", text: t("alertAddress.confirmed", { address }) });
    }
  }

  async function sendAgain() {
    setFault(undefined);
    const result = await send({ address: props.pending.address });
    if (!result.error) setWrong(0);
  }

  return (
    <Form onSubmit={(form) => void submit(form)}>
      <p role="status">
        {t("alertAddress.codeSent", {
          address: props.pending.address,
          time: formatTime(props.pending.expiresAt),
        })}
      </p>
      <TextField
        label={t("alertAddress.code")}
        hint={t("alertAddress.codeSpam")}
        fault={fault()}
        name="code"
        inputmode="numeric"
        autocomplete="one-time-code"
        maxlength="16"
        required
      />
      <ErrorNotice error={sending.error ?? (fault() ? undefined : state.error)} />
      <div class="flex flex-wrap items-center gap-2">
        <Button tone="primary" type="submit" pending={state.fetching}>
          {t("alertAddress.confirm")}
        </Button>
        <Button pending={sending.fetching} onClick={() => void sendAgain()}>
          {t("alertAddress.sendAgain")}
        </Button>
        <Button onClick={() => props.onOther()}>{t("alertAddress.otherAddress")}</Button>
      </div>
    </Form>
  );
}
