import { createQuery } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { NotificationEvent } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { changesOf, readText } from "../../lib/form";
import { Dialog } from "../../ui/Dialog";
import { CheckField, SelectField, TextField } from "../../ui/Field";
import { MutationForm } from "../../ui/MutationDialog";
import { notify } from "../../ui/Toaster";

const RuleChannelsQuery = graphql(`
  query RuleChannels {
    notificationChannels {
      id
      name
    }
  }
`);

const CreateNotificationRuleMutation = graphql(`
  mutation CreateNotificationRule($input: CreateNotificationRuleInput!) {
    createNotificationRule(input: $input) {
      rule {
        id
      }
    }
  }
`);

const UpdateNotificationRuleMutation = graphql(`
  mutation UpdateNotificationRule($id: ID!, $input: UpdateNotificationRuleInput!) {
    updateNotificationRule(id: $id, input: $input) {
      rule {
        id
        percents
        quietMinutes
        channels {
          id
          name
        }
      }
    }
  }
`);

const EVENTS: readonly NotificationEvent[] = [
  "QUOTA",
  "ACCOUNT_FAILING",
  "ACCOUNT_EXPIRED",
  "ENGINE_DOWN",
  "ERROR_RATE",
  "MODEL_UNPRICED",
  "WINDOW_FORECAST",
  "OUTSIDE_USE",
  "ALLOWANCE_CHANGED",
  "KEY_EXPIRING",
];

/** The default percentages of events that have them. */
const USUAL: Partial<Record<NotificationEvent, string>> = {
  QUOTA: "50, 80, 95, 100",
  ERROR_RATE: "20",
};

type Known = {
  id: string;
  event: NotificationEvent;
  percents: readonly number[];
  quietMinutes: number;
  channels: readonly { id: string }[];
};

/** A rule in the form of the input, to find changed fields. */
function asInput({ percents, quietMinutes, channels }: Known) {
  return {
    channelIds: channels.map(({ id }) => id).toSorted(),
    percents: percents.length > 0 ? percents : null,
    quietMinutes,
  };
}

function readNumbers(text: string): number[] {
  return text
    .split(/[\s,;%]+/)
    .filter(Boolean)
    .map(Number);
}

function Fields(props: { rule: Known | undefined }) {
  const [event, setEvent] = createSignal<NotificationEvent>(
    // The form is created for each rule, which does not change while it is open.
    // eslint-disable-next-line solid/reactivity
    props.rule?.event ?? "QUOTA",
  );
  const percents = () => props.rule?.percents.join(", ") || USUAL[event()];
  return (
    <>
      <SelectField
        label={t("notifications.event")}
        name="event"
        value={event()}
        disabled={props.rule !== undefined}
        hint={t(`notifications.events.${event()}.hint`)}
        options={EVENTS.map((value) => ({
          value,
          label: t(`notifications.events.${value}.label`),
        }))}
        onChange={({ currentTarget: { value } }) =>
          setEvent(EVENTS.find((each) => each === value) ?? "QUOTA")
        }
      />
      <Show when={USUAL[event()]}>
        <TextField
          label={t("notifications.percents")}
          name="percents"
          value={percents() ?? ""}
          hint={t("notifications.percentsHint")}
          required
        />
      </Show>
      <TextField
        label={t("notifications.quietMinutes")}
        name="quietMinutes"
        type="number"
        min="0"
        max="10080"
        value={String(props.rule?.quietMinutes ?? 60)}
        required
      />
    </>
  );
}

function RuleForm(props: { rule: Known | undefined; onClose: () => void }) {
  const [channels] = createQuery({ query: RuleChannelsQuery });
  const [creation, create] = createMutation(CreateNotificationRuleMutation);
  const [change, update] = createMutation(UpdateNotificationRuleMutation);
  const [isLacking, setLacking] = createSignal(false);
  const isChosen = (id: string) =>
    props.rule ? props.rule.channels.some((channel) => channel.id === id) : true;

  async function submit(form: FormData) {
    const channelIds = form.getAll("channel").map(String).toSorted();
    setLacking(channelIds.length === 0);
    if (channelIds.length === 0) return;
    const percents = form.has("percents") ? readNumbers(readText(form, "percents")) : null;
    const input = { channelIds, percents, quietMinutes: Number(readText(form, "quietMinutes")) };
    const event = EVENTS.find((each) => each === readText(form, "event")) ?? "QUOTA";
    const { error } = props.rule
      ? await update({ id: props.rule.id, input: changesOf(asInput(props.rule), input) })
      : await create({ input: { event, ...input } });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("notifications.ruleSaved") });
  }

  return (
    <MutationForm
      mutation={{
        fetching: creation.fetching || change.fetching,
        error: channels.error ?? creation.error ?? change.error,
      }}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <Fields rule={props.rule} />
      <fieldset class="flex flex-col gap-2">
        <legend class="mb-2 font-medium">{t("notifications.channels")}</legend>
        <For each={channels.data?.notificationChannels}>
          {({ id, name }) => (
            <CheckField label={name} name="channel" value={id} checked={isChosen(id)} />
          )}
        </For>
        <Show when={isLacking()}>
          <p role="alert" class="text-sm text-bad">
            {t("notifications.noChannel")}
          </p>
        </Show>
      </fieldset>
    </MutationForm>
  );
}

/** Creates or edits a rule. */
export function RuleDialog(props: { edited: Known | "new" | undefined; onClose: () => void }) {
  return (
    <Dialog
      open={props.edited !== undefined}
      title={props.edited === "new" ? t("notifications.addRule") : t("notifications.editRule")}
      onClose={props.onClose}
    >
      <Show when={props.edited} keyed>
        {(edited) => (
          <RuleForm rule={edited === "new" ? undefined : edited} onClose={props.onClose} />
        )}
      </Show>
    </Dialog>
  );
}
