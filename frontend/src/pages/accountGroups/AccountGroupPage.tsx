import { A, useNavigate, useParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { AccountGroup, GroupActions } from "../../features/accountGroups";
import { SharingPanel } from "../../features/shares";
import { graphql } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Badge } from "../../ui/Badge";
import { buttonClass } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Page } from "../../ui/Page";

const AccountGroupQuery = graphql(`
  query AccountGroup($id: ID!) {
    accountGroup(id: $id) {
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
      }
      ...AccountGroupDetail
    }
  }
`);

function Lost() {
  return (
    <EmptyState
      title={t("accountGroups.lost")}
      action={
        <A href="/account-groups" class={buttonClass("plain")}>
          {t("accountGroups.title")}
        </A>
      }
    >
      {t("accountGroups.lostHint")}
    </EmptyState>
  );
}

/** One account group. */
export default function AccountGroupPage() {
  const params = useParams<{ id: string }>();
  const navigate = useNavigate();
  const [answer] = createQuery({
    query: AccountGroupQuery,
    variables: () => ({ id: params.id }),
    context: { additionalTypenames: ["AccountGroup", "ProviderAccount", "User", "ApiKey"] },
  });
  const group = () => answer.data?.accountGroup ?? undefined;
  return (
    <Page
      title={group()?.name ?? t("accountGroups.title")}
      badge={
        <Show when={group()?.isDefault}>
          <Badge tone="accent">{t("accountGroups.default")}</Badge>
        </Show>
      }
      trail={{ href: "/account-groups", label: t("accountGroups.title") }}
      actions={
        <May do="updateAccountGroup">
          <Show when={group()}>
            {(known) => (
              <GroupActions group={known()} onDeleted={() => navigate("/account-groups")} />
            )}
          </Show>
        </May>
      }
    >
      <ErrorNotice error={answer.error} />
      <Show
        when={group()}
        fallback={
          <Show when={!answer.error}>
            <Show when={answer.data} fallback={<Loading />}>
              <Lost />
            </Show>
          </Show>
        }
      >
        {(known) => (
          <>
            <AccountGroup group={known()} />
            <SharingPanel groupId={known().id} />
          </>
        )}
      </Show>
    </Page>
  );
}
