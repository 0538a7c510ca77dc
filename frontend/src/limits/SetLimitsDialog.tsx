import { createSignal, Show, untrack } from "solid-js";
import { createMutation } from "../graphql/createMutation";
import { graphql } from "../graphql/generated";
import type { ApplyLimitsInput } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { SelectField } from "../ui/Field";
import { MutationForm } from "../ui/MutationDialog";
import { notifyLimits } from "./notifyLimits";
import { QuotaFields } from "./QuotaDialog";
import { isQuota, type QuotaFaults, readQuota } from "./quotaInput";
import { RateFields } from "./RateFields";
import { readRate } from "./rate";

const ApplyLimitsMutation = graphql(`
  mutation ApplyLimits($userIds: [ID!]!, $input: ApplyLimitsInput!) {
    applyLimits(userIds: $userIds, input: $input) {
      results {
        id
        outcome
        user {
          id
          quotasVersion
          rateLimitVersion
        }
      }
    }
  }
`);

/** Changes of the quotas or the rate limit of each user. */
const CHANGES = ["KEEP", "SET", "REMOVE"] as const;
type Change = (typeof CHANGES)[number];

function Choose(props: {
  name: "quotas" | "rate";
  value: Change;
  onChoose: (change: Change) => void;
}) {
  return (
    <SelectField
      label={t(`limits.${props.name}`)}
      name={`${props.name}Change`}
      value={props.value}
      options={CHANGES.map((value) => ({
        value,
        label: t(`limits.many.${props.name}.${value}`),
      }))}
      onChange={(event) =>
        props.onChoose(CHANGES.find((each) => each === event.currentTarget.value) ?? "KEEP")
      }
    />
  );
}

const createApplication = () => createMutation(ApplyLimitsMutation);

type DialogProps = {
  userIds: readonly string[];
  open: boolean;
  onDone: () => void;
  onClose: () => void;
};

type FormProps = DialogProps & {
  mutation: ReturnType<typeof createApplication>;
};

function SetLimitsForm(props: FormProps) {
  const [application, apply] = untrack(() => props.mutation);
  const [quotas, setQuotas] = createSignal<Change>("SET");
  const [rate, setRate] = createSignal<Change>("KEEP");
  const [faults, setFaults] = createSignal<QuotaFaults>({});

  async function submit(form: FormData) {
    const input: ApplyLimitsInput = {};
    if (quotas() === "REMOVE") input.quotas = [];
    if (quotas() === "SET") {
      const quota = readQuota(form);
      setFaults(isQuota(quota) ? {} : quota);
      if (!isQuota(quota)) return;
      input.quotas = [quota];
    }
    if (rate() !== "KEEP") input.rateLimit = rate() === "SET" ? readRate(form) : {};
    const { data } = await apply(
      { userIds: [...props.userIds], input },
      { additionalTypenames: ["Quota", "RateLimit"] },
    );
    if (!data) return;
    notifyLimits(data.applyLimits.results);
    props.onDone();
  }

  return (
    <MutationForm
      mutation={application}
      submit={t("limits.many.submit", { count: props.userIds.length })}
      onSubmit={(form) => void submit(form)}
      onClose={() => props.onClose()}
    >
      <Choose name="quotas" value={quotas()} onChoose={setQuotas} />
      <Show when={quotas() === "SET"}>
        <QuotaFields quota={undefined} faults={faults()} />
      </Show>
      <Choose name="rate" value={rate()} onChoose={setRate} />
      <Show when={rate() === "SET"}>
        <RateFields />
      </Show>
    </MutationForm>
  );
}

/** Gives the same limits to several users. */
export function SetLimitsDialog(props: DialogProps) {
  const mutation = createApplication();
  return (
    <Dialog
      open={props.open}
      title={t("limits.many.title", { count: props.userIds.length })}
      description={t("limits.many.hint")}
      onClose={props.onClose}
    >
      <Show when={props.open}>
        <SetLimitsForm {...props} mutation={mutation} />
      </Show>
    </Dialog>
  );
}
