import { createQuery } from "@urql/solid";
import { createSignal, Show, untrack } from "solid-js";
import { createMutation } from "../graphql/createMutation";
import { graphql } from "../graphql/generated";
import { t } from "../i18n";
import { createDelayed } from "../lib/createDelayed";
import { readText } from "../lib/form";
import { Dialog } from "../ui/Dialog";
import { ErrorNotice } from "../ui/ErrorNotice";
import { SelectField, TextField } from "../ui/Field";
import { MutationForm } from "../ui/MutationDialog";
import { notifyLimits } from "./notifyLimits";
import { QuotaSummary } from "./QuotaSummary";
import { RateFacts } from "./RateLimitForm";

const LimitSourcesQuery = graphql(`
  query LimitSources($search: String) {
    users(filter: { search: $search }, orderBy: { field: NAME, direction: ASC }, first: 50) {
      nodes {
        id
        name
        quotas {
          id
          ...QuotaState
        }
        effectiveRateLimit {
          ...Rate
        }
      }
    }
  }
`);

const CopyLimitsMutation = graphql(`
  mutation CopyLimits($fromUserId: ID!, $userIds: [ID!]!) {
    copyLimits(fromUserId: $fromUserId, userIds: $userIds) {
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

const TYPING_MS = 250;

const createApplication = () => createMutation(CopyLimitsMutation);

type DialogProps = {
  userIds: readonly string[];
  open: boolean;
  onDone: () => void;
  onClose: () => void;
};

type FormProps = DialogProps & {
  mutation: ReturnType<typeof createApplication>;
};

function CopyLimitsForm(props: FormProps) {
  const [copying, copy] = untrack(() => props.mutation);
  const [search, setSearch] = createSignal("");
  const [chosen, setChosen] = createSignal<string>();
  const wanted = createDelayed(search, TYPING_MS);
  const [answer] = createQuery({
    query: LimitSourcesQuery,
    variables: () => ({ search: wanted() || null }),
  });
  const sources = () => answer.data?.users.nodes ?? [];
  const source = () => sources().find((user) => user.id === chosen()) ?? sources()[0];

  async function submit(form: FormData) {
    const fromUserId = readText(form, "from");
    if (!fromUserId) return;
    const { data } = await copy(
      { fromUserId, userIds: [...props.userIds] },
      { additionalTypenames: ["Quota", "RateLimit"] },
    );
    if (!data) return;
    notifyLimits(data.copyLimits.results);
    props.onDone();
  }

  return (
    <MutationForm
      mutation={copying}
      submit={t("limits.many.copy")}
      onSubmit={(form) => void submit(form)}
      onClose={() => props.onClose()}
    >
      <TextField
        label={t("users.search")}
        placeholder={t("users.searchHint")}
        value={search()}
        autocomplete="off"
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      <ErrorNotice error={answer.error} />
      <SelectField
        label={t("limits.many.from")}
        name="from"
        value={source()?.id ?? ""}
        required
        options={sources().map((user) => ({ value: user.id, label: user.name }))}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
      <Show when={source()}>
        {(user) => (
          <div class="flex flex-col gap-4 rounded-lg border border-line px-4 py-3">
            <QuotaSummary
              quotas={user().quotas}
              empty={<span class="text-muted">{t("limits.none")}</span>}
            />
            <RateFacts rate={user().effectiveRateLimit} />
          </div>
        )}
      </Show>
    </MutationForm>
  );
}

/** Gives several users the quotas and the rate limit of another user. */
export function CopyLimitsDialog(props: DialogProps) {
  const mutation = createApplication();
  return (
    <Dialog
      open={props.open}
      title={t("limits.many.copyTitle", { count: props.userIds.length })}
      description={t("limits.many.copyHint")}
      onClose={props.onClose}
    >
      <Show when={props.open}>
        <CopyLimitsForm {...props} mutation={mutation} />
      </Show>
    </Dialog>
  );
}
