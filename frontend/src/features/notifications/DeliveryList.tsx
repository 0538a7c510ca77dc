import { createQuery } from "@urql/solid";
import { For, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { NotificationState, NotificationsQuery } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import { Badge, type BadgeTone } from "../../ui/Badge";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { Time } from "../../ui/Moment";
import { Cell, Head, Table } from "../../ui/Table";

const NotificationsQueryDoc = graphql(`
  query Notifications {
    notifications(first: 50) {
      id
      channelId
      title
      body
      state
      attempts
      problem
      createdAt
      sentAt
    }
    notificationChannels {
      id
      name
    }
  }
`);

const TONES: Record<NotificationState, BadgeTone> = {
  SENT: "ok",
  WAITING: "info",
  GIVEN_UP: "bad",
};

type Message = NotificationsQuery["notifications"][number];

function Row(props: { message: Message; channel: string }) {
  return (
    <tr>
      <Cell class="text-muted">
        <Time at={props.message.createdAt} />
      </Cell>
      <Cell class="min-w-48">
        <p class="font-medium break-words" title={props.message.body}>
          {props.message.title}
        </p>
        <Show when={props.message.problem}>
          <p class="text-sm break-words text-bad">{props.message.problem}</p>
        </Show>
      </Cell>
      <Cell class="text-sm">{props.channel}</Cell>
      <Cell class="text-right whitespace-nowrap">
        <Badge
          tone={TONES[props.message.state]}
          title={t("notifications.attempts", { count: props.message.attempts })}
        >
          {t(`notifications.states.${props.message.state}`)}
        </Badge>
      </Cell>
    </tr>
  );
}

/** Recent notifications and their delivery status. */
export function DeliveryList() {
  const [query, ask] = createQuery({
    query: NotificationsQueryDoc,
    context: { additionalTypenames: ["Notification", "NotificationChannel"] },
  });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  const nameOf = (id: string) =>
    query.data?.notificationChannels.find((channel) => channel.id === id)?.name ?? "";
  return (
    <ListPanel
      title={t("notifications.deliveries")}
      hint={t("notifications.deliveriesHint")}
      error={query.error}
      count={query.data?.notifications.length}
      usual={3}
      empty={
        <EmptyState title={t("notifications.deliveriesNone")}>
          {t("notifications.deliveriesNoneHint")}
        </EmptyState>
      }
    >
      <Table
        label={t("notifications.deliveries")}
        head={
          <>
            <Head>{t("common.time")}</Head>
            <Head>{t("notifications.message")}</Head>
            <Head>{t("notifications.channel")}</Head>
            <Head class="text-right">{t("common.state")}</Head>
          </>
        }
      >
        <For each={query.data?.notifications}>
          {(message) => <Row message={message} channel={nameOf(message.channelId)} />}
        </For>
      </Table>
    </ListPanel>
  );
}
