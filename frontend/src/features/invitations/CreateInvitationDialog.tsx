import type { FreshSecret } from "../../connect/SecretDialog";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readEndOfDay, readList, readText } from "../../lib/form";
import { SelectField, TextAreaField, TextField } from "../../ui/Field";
import { MutationDialog } from "../../ui/MutationDialog";

const CreateUserInvitationMutation = graphql(`
  mutation CreateUserInvitation($input: CreateUserInvitationInput!) {
    createUserInvitation(input: $input) {
      invitation {
        id
      }
      invitationUrl
    }
  }
`);

const DAY = 24;

/** How long the link is valid, in hours. */
const lives = () => [
  { value: String(DAY), label: t("invitations.lives.day") },
  { value: String(7 * DAY), label: t("invitations.lives.week") },
  { value: String(30 * DAY), label: t("invitations.lives.month") },
];

type CreateInvitationDialogProps = {
  userId: string;
  open: boolean;
  onClose: () => void;
  onFresh: (fresh: FreshSecret) => void;
};

/** Creates a one-time link for a user, and the bounds of the key that it gives. */
export function CreateInvitationDialog(props: CreateInvitationDialogProps) {
  const [creation, create] = createMutation(CreateUserInvitationMutation);

  async function submit(form: FormData) {
    const { data } = await create({
      input: {
        userId: props.userId,
        validHours: Number(readText(form, "life")),
        apiKeyExpiresAt: readEndOfDay(form, "expiresOn"),
        allowedModels: readList(form, "allowedModels"),
      },
    });
    if (!data) return;
    props.onClose();
    const secret = data.createUserInvitation.invitationUrl;
    props.onFresh({ title: t("invitations.fresh"), secret });
  }

  return (
    <MutationDialog
      open={props.open}
      onClose={props.onClose}
      title={t("invitations.create")}
      description={t("invitations.createHint")}
      mutation={creation}
      submit={t("invitations.create")}
      onSubmit={(form) => void submit(form)}
    >
      <SelectField
        label={t("invitations.life")}
        name="life"
        value={String(7 * DAY)}
        options={lives()}
      />
      <TextField
        label={t("invitations.keyExpiration")}
        name="expiresOn"
        type="date"
        hint={t("keys.lastDayHint")}
      />
      <TextAreaField
        label={t("common.allowedModels")}
        name="allowedModels"
        rows="2"
        hint={t("keys.allowedModelsHint")}
      />
    </MutationDialog>
  );
}
