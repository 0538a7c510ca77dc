import { A } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import { AccessDialog, type AccessSubject } from "../../accountGroups/AccessDialog";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { AccountGroupDetailFragment } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { AccountStatus } from "../../ui/AccountStatus";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { Panel } from "../../ui/Panel";
import { providerName } from "../../ui/providers";
import { EditGroupDialog } from "./GroupDialog";
import { PermitUserDialog } from "./PermitUserDialog";

const AccountGroupDetailFragmentDoc = graphql(`
  fragment AccountGroupDetail on AccountGroup {
    id
    name
    isDefault
    version
    userCount
    apiKeyCount
    accounts {
      id
      label
      kind
      status
      coolingUntil
    }
    userGroups {
      id
      name
      memberCount
    }
    users(first: 100) {
      id
      name
    }
    apiKeys(first: 100) {
      id
      name
      prefix
      lastFour
      user {
        id
        name
      }
    }
  }
`);

type Group = AccountGroupDetailFragment;

function Accounts(props: { group: Group }) {
  const [open, setOpen] = createSignal(false);
  return (
    <Panel
      title={t("accountGroups.accounts")}
      hint={t("accountGroups.accountsHint")}
      flush
      actions={
        <May do="updateAccountGroup">
          <Button size="small" onClick={() => setOpen(true)}>
            {t("accountGroups.chooseAccounts")}
          </Button>
          <EditGroupDialog group={props.group} open={open()} onClose={() => setOpen(false)} />
        </May>
      }
    >
      <ul class="divide-y divide-line">
        <For
          each={props.group.accounts}
          fallback={
            <EmptyState title={t("accountGroups.accountsNone")}>
              {t("accountGroups.accountsNoneHint")}
            </EmptyState>
          }
        >
          {(account) => (
            <li class="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 px-4 py-2.5 sm:px-5">
              <span class="min-w-0">
                <span class="block font-medium wrap-anywhere">{account.label}</span>
                <span class="block text-sm text-muted">{providerName(account.kind)}</span>
              </span>
              <AccountStatus status={account.status} coolingUntil={account.coolingUntil} />
            </li>
          )}
        </For>
      </ul>
    </Panel>
  );
}

/** A user, a key of a user, or a group of users. */
type Person = AccessSubject & { name: string; href: string; detail?: string };

function peopleOf(group: Group): Person[] {
  const userGroups = group.userGroups.map(({ id, name, memberCount }) => ({
    userGroupId: id,
    name,
    href: "/users/groups",
    detail: `${t("accountGroups.userGroup")} · ${t("userGroups.members", { count: memberCount })}`,
  }));
  const users = group.users.map(({ id, name }) => ({ userId: id, name, href: `/users/${id}` }));
  const keys = group.apiKeys.map((key) => ({
    userId: key.user.id,
    apiKeyId: key.id,
    name: key.name,
    href: `/users/${key.user.id}/keys?key=${key.id}`,
    detail: `${t("accountGroups.keyOf", { user: key.user.name })} · ${key.prefix}…${key.lastFour}`,
  }));
  return [...userGroups, ...users, ...keys];
}

function PersonRow(props: { person: Person }) {
  const [open, setOpen] = createSignal(false);
  return (
    <li class="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 px-4 py-2.5 sm:px-5">
      <span class="min-w-0">
        <A href={props.person.href} class="block font-medium wrap-anywhere hover:underline">
          {props.person.name}
        </A>
        <Show when={props.person.detail}>
          {(detail) => <span class="block text-sm wrap-anywhere text-muted">{detail()}</span>}
        </Show>
      </span>
      <May do="setAccountAccess">
        <Button
          size="small"
          tone="quiet"
          aria-label={`${t("common.edit")} ${props.person.name}`}
          onClick={() => setOpen(true)}
        >
          {t("common.edit")}
        </Button>
        <AccessDialog {...props.person} open={open()} onClose={() => setOpen(false)} />
      </May>
    </li>
  );
}

function People(props: { group: Group }) {
  const [open, setOpen] = createSignal(false);
  const people = () => peopleOf(props.group);
  const more = () =>
    props.group.userGroups.length +
    props.group.userCount +
    props.group.apiKeyCount -
    people().length;
  return (
    <Panel
      title={t("accountGroups.peopleTitle")}
      hint={props.group.isDefault ? t("accountGroups.defaultHint") : t("accountGroups.peopleHint")}
      flush
      actions={
        <May do="setAccountAccess">
          <Button size="small" onClick={() => setOpen(true)}>
            {t("accountGroups.permitUser")}
          </Button>
        </May>
      }
    >
      <May do="setAccountAccess">
        <PermitUserDialog group={props.group} open={open()} onClose={() => setOpen(false)} />
      </May>
      <ul class="divide-y divide-line">
        <For
          each={people()}
          fallback={
            <EmptyState do="setAccountAccess" title={t("accountGroups.peopleNone")}>
              {t("accountGroups.peopleNoneHint")}
            </EmptyState>
          }
        >
          {(person) => <PersonRow person={person} />}
        </For>
      </ul>
      <Show when={more() > 0}>
        <p class="border-t border-line px-4 py-2.5 text-sm text-muted sm:px-5">
          {t("accountGroups.peopleMore", { count: more() })}
        </p>
      </Show>
    </Panel>
  );
}

/** One group: its accounts, and the users and keys that may use it. */
export function AccountGroup(props: { group: FragmentType<typeof AccountGroupDetailFragmentDoc> }) {
  const group = () => readFragment(AccountGroupDetailFragmentDoc, props.group);
  return (
    <div class="grid items-start gap-5 lg:grid-cols-2">
      <Accounts group={group()} />
      <People group={group()} />
    </div>
  );
}
