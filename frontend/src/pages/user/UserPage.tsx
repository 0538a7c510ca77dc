import { A, useParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { type JSX, Show } from "solid-js";
import { UserActions, UserBadge } from "../../features/users";
import { graphql } from "../../graphql/generated";
import { ReadOnly } from "../../graphql/may";
import { t } from "../../i18n";
import { buttonClass } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Page } from "../../ui/Page";
import { TabLinks } from "../../ui/TabLinks";

const UserQuery = graphql(`
  query User($id: ID!) {
    user(id: $id) {
      id
      name
      archivedAt
      ...UserActions
    }
  }
`);

function Lost() {
  return (
    <EmptyState
      title={t("pages.userLost")}
      action={
        <A href="/users" class={buttonClass("plain")}>
          {t("users.users")}
        </A>
      }
    >
      {t("pages.userLostHint")}
    </EmptyState>
  );
}

/** The frame of the pages about one user: who they are, what can be done, and the way to each page. */
export default function UserPage(props: { children?: JSX.Element }) {
  const params = useParams<{ id: string }>();
  const [answer] = createQuery({ query: UserQuery, variables: () => ({ id: params.id }) });
  const user = () => answer.data?.user ?? undefined;
  const tabs = () =>
    (["overview", "keys", "limits", "usage", "connect", "requests"] as const).map((tab) => ({
      href: `/users/${params.id}${tab === "overview" ? "" : `/${tab}`}`,
      label: t(`pages.tabs.${tab}`),
    }));
  return (
    <Page
      title={user()?.name ?? t("common.user")}
      badge={<Show when={user()}>{(known) => <UserBadge user={known()} />}</Show>}
      trail={{ href: "/users", label: t("users.users") }}
      actions={<Show when={user()}>{(known) => <UserActions user={known()} />}</Show>}
    >
      <ErrorNotice error={answer.error} />
      <Show
        when={user()}
        fallback={
          <Show when={!answer.error}>
            <Show when={answer.data} fallback={<Loading />}>
              <Lost />
            </Show>
          </Show>
        }
      >
        {(known) => <TabLinks label={t("pages.tabsOf", { name: known().name })} tabs={tabs()} />}
      </Show>
      {/* Queries its own data meanwhile, out of sight until the user is known. */}
      <Show when={user() || !(answer.data || answer.error)}>
        <ReadOnly when={Boolean(user()?.archivedAt)}>{props.children}</ReadOnly>
      </Show>
    </Page>
  );
}
