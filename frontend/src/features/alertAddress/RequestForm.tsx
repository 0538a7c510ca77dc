import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { TextField } from "../../ui/Field";
import { MutationForm } from "../../ui/MutationDialog";

/** Sends a code to an address. */
export const RequestOwnAlertAddressMutation = graphql(`
  mutation RequestOwnAlertAddress($address: String!) {
    requestOwnAlertAddress(address: $address) {
      alertAddress {
        address
        pending {
          address
          expiresAt
          attemptsLeft
        }
      }
    }
  }
`);

/** Asks for an address and sends a code to it. */
export function RequestForm(props: { onSent: () => void; onClose?: () => void }) {
  const [state, request] = createMutation(RequestOwnAlertAddressMutation);

  async function submit(form: FormData) {
    const result = await request({ address: readText(form, "address") });
    if (!result.error) props.onSent();
  }

  return (
    <MutationForm
      mutation={state}
      submit={t("alertAddress.sendCode")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <TextField
        label={t("alertAddress.address")}
        hint={t("alertAddress.addressHint")}
        name="address"
        type="email"
        autocomplete="email"
        maxlength="254"
        required
      />
    </MutationForm>
  );
}
