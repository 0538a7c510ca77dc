import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { formatCompact, formatShare } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Meter } from "../../ui/Meter";
import { Ago } from "../../ui/Moment";
import { OnOff } from "../../ui/OnOff";
import { Switch } from "../../ui/Switch";
import { Cell } from "../../ui/Table";
import { createEnabling } from "./createEnabling";

/** Enables or disables a user; their keys are not changed. */
function EnabledSwitch(props: { id: string; name: string; enabled: boolean }) {
  const { isEnabled, enable } = createEnabling(() => props);
  return (
    <Switch
      label={t("common.enableNamed", { name: props.name })}
      hideLabel
      checked={isEnabled()}
      onChange={(enabled) => void enable(enabled)}
    />
  );
}

const UserRowFragment = graphql(`
  fragment UserRow on User {
    id
    name
    email
    enabled
    archivedAt
    lastUsedAt
    usedTokens
    quotas {
      id
      usedPercent
    }
    apiKeys {
      id
    }
  }
`);

/** The values of the columns that are hidden on narrow screens. */
function Below(props: { usedTokens: number; lastUsedAt: string | null | undefined }) {
  return (
    <span class="block text-sm text-muted sm:hidden">
      {t("limits.amounts.TOKENS", {
        count: props.usedTokens,
        amount: formatCompact(props.usedTokens),
      })}
      {" · "}
      <Ago at={props.lastUsedAt} never={t("common.neverUsed")} />
    </span>
  );
}

function Fullest(props: { percent: number | undefined }) {
  const percentUsed = (percent: number) =>
    t("common.percentUsed", { percent: formatShare(percent / 100) });
  return (
    <Show
      when={props.percent !== undefined}
      fallback={<span class="text-faint">{t("users.quotaNone")}</span>}
    >
      <span class="block min-w-24">
        <Meter
          label={t("users.quota")}
          percent={props.percent ?? 0}
          valueText={percentUsed(props.percent ?? 0)}
        />
        <span class="mt-1 block text-xs text-muted">{percentUsed(props.percent ?? 0)}</span>
      </span>
    </Show>
  );
}

type UserRowProps = {
  user: FragmentType<typeof UserRowFragment>;
  isChosen: boolean;
  onChoose: (chosen: boolean) => void;
};

/** One user in the list. */
export function UserRow(props: UserRowProps) {
  const user = () => readFragment(UserRowFragment, props.user);
  const percents = () => user().quotas.map((quota) => quota.usedPercent);
  return (
    <tr class="hover:bg-hover/50">
      <May do="applyLimits">
        <Cell class="w-px">
          <input
            type="checkbox"
            aria-label={t("users.choose", { name: user().name })}
            checked={props.isChosen}
            disabled={Boolean(user().archivedAt)}
            onChange={(event) => props.onChoose(event.currentTarget.checked)}
            class="size-4 align-middle accent-accent-text"
          />
        </Cell>
      </May>
      <Cell class="max-w-64 max-sm:w-full max-sm:max-w-0">
        <A
          href={`/users/${user().id}`}
          class="block truncate font-medium underline-offset-4 hover:underline"
        >
          {user().name}
        </A>
        <Show when={user().email}>
          {(email) => <span class="block truncate text-sm text-muted">{email()}</span>}
        </Show>
        <Below usedTokens={user().usedTokens} lastUsedAt={user().lastUsedAt} />
        <Show when={percents().length > 0}>
          <span class="mt-1.5 block md:hidden">
            <Fullest percent={Math.max(...percents())} />
          </span>
        </Show>
      </Cell>
      <Cell class="max-md:hidden">
        <Fullest percent={percents().length > 0 ? Math.max(...percents()) : undefined} />
      </Cell>
      <Cell number class="text-muted max-sm:hidden">
        {formatCompact(user().usedTokens)}
      </Cell>
      <Cell number class="text-muted max-lg:hidden">
        {user().apiKeys.length}
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-sm:hidden">
        <Ago at={user().lastUsedAt} />
      </Cell>
      <Cell class="w-px text-right">
        <Show when={!user().archivedAt} fallback={<Badge tone="plain">{t("users.deleted")}</Badge>}>
          <May
            do="setUsersEnabled"
            fallback={
              <OnOff do="setUsersEnabled" label={t("users.enabled")} checked={user().enabled} />
            }
          >
            <EnabledSwitch id={user().id} name={user().name} enabled={user().enabled} />
          </May>
        </Show>
      </Cell>
    </tr>
  );
}
