import { A } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { AccountGroupsQuery } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { formatWhole } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { Cell, Head, Table } from "../../ui/Table";
import { GroupActions } from "./GroupActions";
import { CreateGroupDialog } from "./GroupDialog";

const AccountGroupsQueryDoc = graphql(`
  query AccountGroups {
    accountGroups {
      id
      name
      isDefault
      version
      userCount
      apiKeyCount
      userGroups {
        id
      }
      accounts {
        id
        label
      }
    }
  }
`);

type Group = AccountGroupsQuery["accountGroups"][number];

/** The button that creates a group, with its dialog. */
export function CreateAccountGroup() {
  const [open, setOpen] = createSignal(false);
  return (
    <May do="createAccountGroup">
      <Button tone="primary" onClick={() => setOpen(true)}>
        {t("accountGroups.create")}
      </Button>
      <CreateGroupDialog open={open()} onClose={() => setOpen(false)} />
    </May>
  );
}

function GroupRow(props: { group: Group }) {
  const accounts = () => props.group.accounts.map(({ label }) => label).join(", ");
  return (
    <tr>
      <Cell>
        <span class="flex flex-wrap items-center gap-x-2 gap-y-1">
          <A
            href={`/account-groups/${props.group.id}`}
            class="font-medium wrap-anywhere hover:underline"
          >
            {props.group.name}
          </A>
          <Show when={props.group.isDefault}>
            <Badge tone="accent" title={t("accountGroups.defaultHint")}>
              {t("accountGroups.default")}
            </Badge>
          </Show>
        </span>
        <span class="block text-sm text-muted sm:hidden">
          {accounts() || t("accountGroups.noAccounts")}
        </span>
      </Cell>
      <Cell class="wrap-anywhere text-muted max-sm:hidden">
        {accounts() || t("accountGroups.noAccounts")}
      </Cell>
      <Cell number>{formatWhole(props.group.userCount)}</Cell>
      <Cell number>{formatWhole(props.group.apiKeyCount)}</Cell>
      <May do="updateAccountGroup">
        <Cell class="text-right">
          <GroupActions group={props.group} />
        </Cell>
      </May>
    </tr>
  );
}

/** All account groups. */
export function AccountGroupList() {
  const [answer] = createQuery({
    query: AccountGroupsQueryDoc,
    context: { additionalTypenames: ["AccountGroup", "ProviderAccount", "User", "ApiKey"] },
  });
  return (
    <ListPanel
      error={answer.error}
      count={answer.data?.accountGroups.length}
      usual={3}
      empty={
        <EmptyState
          do="createAccountGroup"
          title={t("accountGroups.none")}
          action={<CreateAccountGroup />}
        >
          {t("accountGroups.noneHint")}
        </EmptyState>
      }
    >
      <Table
        label={t("accountGroups.title")}
        head={
          <>
            <Head>{t("accountGroups.group")}</Head>
            <Head class="max-sm:hidden">{t("accountGroups.accounts")}</Head>
            <Head number>{t("accountGroups.users")}</Head>
            <Head number>{t("accountGroups.keys")}</Head>
            <May do="updateAccountGroup">
              <Head />
            </May>
          </>
        }
      >
        <For each={answer.data?.accountGroups}>{(group) => <GroupRow group={group} />}</For>
      </Table>
    </ListPanel>
  );
}
