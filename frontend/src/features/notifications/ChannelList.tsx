import { createQuery } from "@urql/solid";
import { createSignal, For } from "solid-js";
import { type FreshSecret, SecretDialog } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import type { ChannelRowFragment } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { ChannelDialog } from "./ChannelDialog";
import { ChannelRow } from "./ChannelRow";

const NotificationChannelsQuery = graphql(`
  query NotificationChannels {
    notificationChannels {
      id
      ...ChannelRow
    }
  }
`);

/** The notification channels. */
export function ChannelList() {
  const [query] = createQuery({
    query: NotificationChannelsQuery,
    context: { additionalTypenames: ["NotificationChannel"] },
  });
  const [edited, setEdited] = createSignal<ChannelRowFragment | "new">();
  const [secret, setSecret] = createSignal<FreshSecret>();
  const add = () => (
    <May do="createNotificationChannel">
      <Button size="small" onClick={() => setEdited("new")}>
        {t("notifications.addChannel")}
      </Button>
    </May>
  );
  return (
    <>
      <ListPanel
        title={t("notifications.channels")}
        hint={t("notifications.channelHint")}
        actions={add()}
        error={query.error}
        count={query.data?.notificationChannels.length}
        usual={2}
        empty={
          <EmptyState
            do="createNotificationChannel"
            title={t("notifications.channelsNone")}
            action={add()}
          >
            {t("notifications.channelsNoneHint")}
          </EmptyState>
        }
      >
        <ul class="divide-y divide-line">
          <For each={query.data?.notificationChannels}>
            {(channel) => <ChannelRow channel={channel} onEdit={setEdited} />}
          </For>
        </ul>
      </ListPanel>
      <May do="createNotificationChannel">
        <ChannelDialog
          edited={edited()}
          onClose={() => setEdited(undefined)}
          onSecret={setSecret}
        />
      </May>
      <SecretDialog fresh={secret()} onDone={() => setSecret(undefined)}>
        {() => <p class="text-muted">{t("notifications.secretKeep")}</p>}
      </SecretDialog>
    </>
  );
}
