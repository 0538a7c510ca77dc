import Ellipsis from "lucide-solid/icons/ellipsis";
import { createSignal, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { ChannelRowFragment } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Menu, MenuItem, MenuLine } from "../../ui/Menu";
import { Ago } from "../../ui/Moment";
import { OnOff } from "../../ui/OnOff";
import { Switch } from "../../ui/Switch";
import { notify, notifyError } from "../../ui/Toaster";

const ChannelRowFragmentDoc = graphql(`
  fragment ChannelRow on NotificationChannel {
    id
    name
    kind
    enabled
    target
    sentAt
    problem
    problemAt
  }
`);

const SetChannelEnabledMutation = graphql(`
  mutation SetChannelEnabled($id: ID!, $enabled: Boolean!) {
    updateNotificationChannel(id: $id, input: { enabled: $enabled }) {
      channel {
        id
        enabled
      }
    }
  }
`);

const TestNotificationChannelMutation = graphql(`
  mutation TestNotificationChannel($id: ID!) {
    testNotificationChannel(id: $id) {
      delivered
      problem
    }
  }
`);

const DeleteNotificationChannelMutation = graphql(`
  mutation DeleteNotificationChannel($id: ID!) {
    deleteNotificationChannel(id: $id) {
      channel {
        id
      }
    }
  }
`);

const INVALIDATED = {
  additionalTypenames: ["NotificationChannel", "NotificationRule", "Notification"],
};

function TestButton(props: { channel: ChannelRowFragment }) {
  const [change, send] = createMutation(TestNotificationChannelMutation);
  async function test() {
    const { id, name } = props.channel;
    const { data, error } = await send({ id }, INVALIDATED);
    if (error) return notifyError(error);
    const outcome = data?.testNotificationChannel;
    if (outcome?.delivered)
      notify({ tone: "ok", text: t("notifications.testDelivered", { name }) });
    else
      notify({
        tone: "bad",
        text: t("notifications.testFailed", { name, problem: outcome?.problem ?? "" }),
      });
  }
  return (
    <Button
      size="small"
      aria-label={`${t("notifications.test")}: ${props.channel.name}`}
      pending={change.fetching}
      onClick={() => void test()}
    >
      {t("notifications.test")}
    </Button>
  );
}

function DeleteDialog(props: { channel: ChannelRowFragment; open: boolean; onClose: () => void }) {
  const [change, remove] = createMutation(DeleteNotificationChannelMutation);
  async function confirm() {
    const { id, name } = props.channel;
    const { error } = await remove({ id }, INVALIDATED);
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("common.deletedNamed", { name }) });
  }
  return (
    <ConfirmDialog
      open={props.open}
      title={t("common.deleteNamed", { name: props.channel.name })}
      typedName={props.channel.name}
      confirmLabel={t("notifications.deleteLabel")}
      pending={change.fetching}
      error={change.error}
      onConfirm={() => void confirm()}
      onClose={props.onClose}
    >
      {t("notifications.deleteChannelHint")}
    </ConfirmDialog>
  );
}

function DeliveryStatus(props: { channel: ChannelRowFragment }) {
  return (
    <>
      <p class="text-sm break-words text-muted">
        {props.channel.target} ·{" "}
        <Show when={props.channel.sentAt} fallback={t("notifications.notYet")}>
          {(at) => (
            <>
              {t("notifications.lastSent")} <Ago at={at()} />
            </>
          )}
        </Show>
      </p>
      <Show when={props.channel.problem}>
        <p class="text-sm break-words text-bad">
          {props.channel.problem}{" "}
          <span class="text-muted">
            <Ago at={props.channel.problemAt} />
          </span>
        </p>
      </Show>
    </>
  );
}

type ChannelActionsProps = {
  channel: ChannelRowFragment;
  onEdit: (channel: ChannelRowFragment) => void;
};

function Actions(props: ChannelActionsProps) {
  const [change, setEnabled] = createMutation(SetChannelEnabledMutation);
  const [isDeleting, setDeleting] = createSignal(false);

  async function enable(enabled: boolean) {
    const { error } = await setEnabled({ id: props.channel.id, enabled });
    if (error) notifyError(error);
  }

  return (
    <>
      <TestButton channel={props.channel} />
      <Switch
        label={t("common.enableNamed", { name: props.channel.name })}
        hideLabel
        checked={props.channel.enabled}
        disabled={change.fetching}
        onChange={(enabled) => void enable(enabled)}
      />
      <Menu
        label={t("common.actionsFor", { name: props.channel.name })}
        trigger={<Ellipsis class="size-4" aria-hidden="true" />}
        triggerClass="inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
      >
        <MenuItem onSelect={() => props.onEdit(props.channel)}>{t("common.editMore")}</MenuItem>
        <MenuLine />
        <MenuItem danger onSelect={() => setDeleting(true)}>
          {t("common.delete")}
        </MenuItem>
      </Menu>
      <DeleteDialog
        channel={props.channel}
        open={isDeleting()}
        onClose={() => setDeleting(false)}
      />
    </>
  );
}

/** One channel in the list. */
export function ChannelRow(props: {
  channel: FragmentType<typeof ChannelRowFragmentDoc>;
  onEdit: (channel: ChannelRowFragment) => void;
}) {
  const channel = () => readFragment(ChannelRowFragmentDoc, props.channel);
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3 sm:px-5">
      <div class="min-w-0">
        <p class="flex flex-wrap items-center gap-2 font-medium">
          {channel().name}
          <Badge tone="plain">{t(`notifications.kinds.${channel().kind}`)}</Badge>
        </p>
        <DeliveryStatus channel={channel()} />
      </div>
      <div class="ml-auto flex items-center gap-1.5">
        <May
          do="updateNotificationChannel"
          fallback={
            <OnOff
              do="updateNotificationChannel"
              label={t("users.enabled")}
              checked={channel().enabled}
            />
          }
        >
          <Actions channel={channel()} onEdit={props.onEdit} />
        </May>
      </div>
    </li>
  );
}
