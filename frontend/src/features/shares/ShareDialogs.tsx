import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { SelectField, TextField } from "../../ui/Field";
import { MutationDialog } from "../../ui/MutationDialog";
import { notify } from "../../ui/Toaster";

const SetShareWeightMutation = graphql(`
  mutation SetShareWeight($userId: ID!, $weight: Float!) {
    setShareWeight(userId: $userId, weight: $weight) {
      userId
      weight
    }
  }
`);

const AllowAboveShareMutation = graphql(`
  mutation AllowAboveShare(
    $accountGroupId: ID
    $userId: ID!
    $until: DateTime
    $reason: String!
  ) {
    allowAboveShare(
      accountGroupId: $accountGroupId
      userId: $userId
      until: $until
      reason: $reason
    ) {
      sharing {
        mode
      }
    }
  }
`);

const CHANGES = { additionalTypenames: ["AccountSharing"] };
/** Hours of an override; 0 ends it. */
const HOURS = ["1", "4", "24", "168", "0"] as const;

type User = { id: string; name: string };
type DialogProps = { user: User; open: boolean; onClose: () => void };

/** Sets the weight of a user in all shares. */
export function WeightDialog(props: DialogProps & { weight: number }) {
  const [change, set] = createMutation(SetShareWeightMutation);

  async function submit(form: FormData) {
    const { id, name } = props.user;
    const weight = Number(readText(form, "weight"));
    const { error } = await set({ userId: id, weight }, CHANGES);
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("shares.weightSaved", { name }) });
  }

  return (
    <MutationDialog
      open={props.open}
      title={t("shares.weightOf", { name: props.user.name })}
      mutation={change}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <TextField
        label={t("shares.weight")}
        name="weight"
        type="number"
        min="0"
        max="100"
        step="0.01"
        required
        value={props.weight}
        hint={t("shares.weightHint")}
      />
    </MutationDialog>
  );
}

/** Admits a user above the share until a time. */
export function AllowAboveDialog(props: DialogProps & { groupId: string | undefined }) {
  const [change, allow] = createMutation(AllowAboveShareMutation);

  async function submit(form: FormData) {
    const { id, name } = props.user;
    const hours = Number(readText(form, "hours"));
    const until = hours > 0 ? new Date(Date.now() + hours * 3_600_000).toISOString() : null;
    const reason = readText(form, "reason");
    const accountGroupId = props.groupId ?? null;
    const { error } = await allow({ accountGroupId, userId: id, until, reason }, CHANGES);
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("shares.allowSaved", { name }) });
  }

  return (
    <MutationDialog
      open={props.open}
      title={t("shares.allowFor", { name: props.user.name })}
      mutation={change}
      submit={t("shares.allow")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <SelectField
        label={t("shares.allowUntil")}
        name="hours"
        value="4"
        options={HOURS.map((value) => ({ value, label: t(`shares.hours.${value}`) }))}
      />
      <TextField
        label={t("shares.reason")}
        name="reason"
        required
        maxLength={200}
        hint={t("shares.reasonHint")}
      />
    </MutationDialog>
  );
}
