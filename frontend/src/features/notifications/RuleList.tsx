import { createQuery } from "@urql/solid";
import Trash from "lucide-solid/icons/trash";
import { createSignal, For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { NotificationRulesQuery } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { formatShare } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { IconButton } from "../../ui/IconButton";
import { ListPanel } from "../../ui/ListPanel";
import { OnOff } from "../../ui/OnOff";
import { Switch } from "../../ui/Switch";
import { notify, notifyError } from "../../ui/Toaster";
import { RuleDialog } from "./RuleDialog";

const NotificationRulesQueryDoc = graphql(`
  query NotificationRules {
    notificationRules {
      id
      event
      enabled
      percents
      quietMinutes
      channels {
        id
        name
      }
    }
    notificationChannels {
      id
    }
  }
`);

const SetRuleEnabledMutation = graphql(`
  mutation SetRuleEnabled($id: ID!, $enabled: Boolean!) {
    updateNotificationRule(id: $id, input: { enabled: $enabled }) {
      rule {
        id
        enabled
      }
    }
  }
`);

const DeleteNotificationRuleMutation = graphql(`
  mutation DeleteNotificationRule($id: ID!) {
    deleteNotificationRule(id: $id) {
      rule {
        id
      }
    }
  }
`);

type Rule = NotificationRulesQuery["notificationRules"][number];

const nameOf = (rule: Rule) => t(`notifications.events.${rule.event}.label`);

function RuleActions(props: { rule: Rule; onEdit: () => void }) {
  const [change, setEnabled] = createMutation(SetRuleEnabledMutation);
  const [deletion, remove] = createMutation(DeleteNotificationRuleMutation);
  const name = () => nameOf(props.rule);

  async function enable(enabled: boolean) {
    const { error } = await setEnabled({ id: props.rule.id, enabled });
    if (error) notifyError(error);
  }
  async function takeAway() {
    const { error } = await remove({ id: props.rule.id });
    if (error) notifyError(error);
    else notify({ tone: "ok", text: t("notifications.ruleRemoved") });
  }

  return (
    <>
      <Button size="small" tone="quiet" onClick={() => props.onEdit()}>
        {t("common.editMore")}
      </Button>
      <Switch
        label={t("common.enableNamed", { name: name() })}
        hideLabel
        checked={props.rule.enabled}
        disabled={change.fetching}
        onChange={(enabled) => void enable(enabled)}
      />
      <IconButton
        label={`${t("notifications.remove")}: ${name()}`}
        disabled={deletion.fetching}
        onClick={() => void takeAway()}
      >
        <Trash class="size-4" aria-hidden="true" />
      </IconButton>
    </>
  );
}

function RuleRow(props: { rule: Rule; onEdit: () => void }) {
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3 sm:px-5">
      <div class="min-w-0">
        <p class="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span class="font-medium">{nameOf(props.rule)}</span>
          <Show when={props.rule.percents.length > 0}>
            <span class="text-muted">
              {t("notifications.percentsOf", {
                percents: props.rule.percents.map((each) => formatShare(each / 100)).join(", "),
              })}
            </span>
          </Show>
        </p>
        <p class="mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-1 text-sm text-muted">
          <For each={props.rule.channels}>
            {(channel) => <Badge tone="plain">{channel.name}</Badge>}
          </For>
          {t("notifications.quiet", { minutes: props.rule.quietMinutes })}
        </p>
      </div>
      <div class="ml-auto flex items-center gap-1.5">
        <May
          do="updateNotificationRule"
          fallback={
            <OnOff
              do="updateNotificationRule"
              label={t("users.enabled")}
              checked={props.rule.enabled}
            />
          }
        >
          <RuleActions rule={props.rule} onEdit={props.onEdit} />
        </May>
      </div>
    </li>
  );
}

/** The rules: which events notify which channels. */
export function RuleList() {
  const [query] = createQuery({
    query: NotificationRulesQueryDoc,
    context: { additionalTypenames: ["NotificationRule", "NotificationChannel"] },
  });
  const [edited, setEdited] = createSignal<Rule | "new">();
  const hasChannel = () => (query.data?.notificationChannels.length ?? 0) > 0;
  const add = () => (
    <Show when={hasChannel()}>
      <May do="createNotificationRule">
        <Button size="small" onClick={() => setEdited("new")}>
          {t("notifications.addRule")}
        </Button>
      </May>
    </Show>
  );
  return (
    <>
      <ListPanel
        title={t("notifications.rules")}
        hint={t("notifications.rulesHint")}
        actions={add()}
        error={query.error}
        count={query.data?.notificationRules.length}
        usual={2}
        empty={
          <EmptyState
            do="createNotificationRule"
            title={t("notifications.rulesNone")}
            action={add()}
          >
            {hasChannel() ? t("notifications.rulesNoneHint") : t("notifications.rulesNeedChannel")}
          </EmptyState>
        }
      >
        <ul class="divide-y divide-line">
          <For each={query.data?.notificationRules}>
            {(rule) => <RuleRow rule={rule} onEdit={() => setEdited(rule)} />}
          </For>
        </ul>
      </ListPanel>
      <May do="createNotificationRule">
        <RuleDialog edited={edited()} onClose={() => setEdited(undefined)} />
      </May>
    </>
  );
}
