import { createSignal, Show } from "solid-js";
import type { FreshSecret } from "../../connect/SecretDialog";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { NotificationChannelKind } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { Dialog } from "../../ui/Dialog";
import { CheckField, SelectField, TextField } from "../../ui/Field";
import { MutationForm } from "../../ui/MutationDialog";
import { notify } from "../../ui/Toaster";
import { ChannelFields } from "./ChannelFields";
import { CHANNEL_KINDS, channelSettings } from "./channelInput";

const CreateNotificationChannelMutation = graphql(`
  mutation CreateNotificationChannel($input: CreateNotificationChannelInput!) {
    createNotificationChannel(input: $input) {
      channel {
        id
        name
      }
      signingSecret
    }
  }
`);

const UpdateNotificationChannelMutation = graphql(`
  mutation UpdateNotificationChannel($id: ID!, $input: UpdateNotificationChannelInput!) {
    updateNotificationChannel(id: $id, input: $input) {
      channel {
        id
        name
        enabled
        target
      }
      signingSecret
    }
  }
`);

type Known = { id: string; name: string; kind: NotificationChannelKind };
type FormProps = { onClose: () => void; onSecret: (secret: FreshSecret) => void };

/** Runs after a channel was saved. */
function finish(props: FormProps, name: string, secret: string | null | undefined) {
  props.onClose();
  notify({ tone: "ok", text: t("notifications.channelSaved", { name }) });
  if (secret) props.onSecret({ title: t("notifications.secretTitle", { name }), secret });
}

function NewForm(props: FormProps) {
  const [kind, setKind] = createSignal<NotificationChannelKind>("EMAIL");
  const [creation, create] = createMutation(CreateNotificationChannelMutation);

  async function submit(form: FormData) {
    const input = { name: readText(form, "name"), settings: channelSettings(kind(), form) };
    const { data } = await create({ input });
    const made = data?.createNotificationChannel;
    if (made) finish(props, made.channel.name, made.signingSecret);
  }

  return (
    <MutationForm
      mutation={creation}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <SelectField
        label={t("notifications.kind")}
        value={kind()}
        options={CHANNEL_KINDS.map((value) => ({
          value,
          label: t(`notifications.kinds.${value}`),
        }))}
        onChange={({ currentTarget: { value } }) =>
          setKind(CHANNEL_KINDS.find((each) => each === value) ?? "EMAIL")
        }
      />
      <TextField label={t("common.name")} name="name" autocomplete="off" required />
      <ChannelFields kind={kind()} />
    </MutationForm>
  );
}

function EditForm(props: FormProps & { channel: Known }) {
  const [isAnew, setAnew] = createSignal(false);
  const [change, update] = createMutation(UpdateNotificationChannelMutation);

  async function submit(form: FormData) {
    const { id, kind } = props.channel;
    const settings = isAnew() ? { settings: channelSettings(kind, form) } : {};
    const { data } = await update({ id, input: { name: readText(form, "name"), ...settings } });
    const made = data?.updateNotificationChannel;
    if (made) finish(props, made.channel.name, made.signingSecret);
  }

  return (
    <MutationForm
      mutation={change}
      submit={t("common.save")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <TextField
        label={t("common.name")}
        name="name"
        value={props.channel.name}
        required
        autofocus
      />
      <CheckField
        label={t("notifications.changeSettings")}
        hint={t("notifications.changeSettingsHint")}
        onChange={(event) => setAnew(event.currentTarget.checked)}
      />
      <Show when={isAnew()}>
        <ChannelFields kind={props.channel.kind} />
      </Show>
    </MutationForm>
  );
}

/** Creates or edits a channel. */
export function ChannelDialog(props: FormProps & { edited: Known | "new" | undefined }) {
  const known = () => (props.edited === "new" ? undefined : props.edited);
  return (
    <Dialog
      open={props.edited !== undefined}
      title={
        known()
          ? t("common.editNamed", { name: known()?.name ?? "" })
          : t("notifications.addChannel")
      }
      onClose={props.onClose}
    >
      <Show when={known()} fallback={<NewForm onClose={props.onClose} onSecret={props.onSecret} />}>
        {(channel) => (
          <EditForm channel={channel()} onClose={props.onClose} onSecret={props.onSecret} />
        )}
      </Show>
    </Dialog>
  );
}
