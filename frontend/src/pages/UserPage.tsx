import { A, useParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { KeyList } from "../features/keys";
import { RequestLog } from "../features/requests";
import { UserProfile } from "../features/users";
import { graphql } from "../graphql/generated";
import { buttonClass } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { ErrorNotice } from "../ui/ErrorNotice";
import { Loading } from "../ui/Loading";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";

const UserQuery = graphql(`
  query User($id: ID!) {
    user(id: $id) {
      id
      name
      ...UserProfile
    }
  }
`);

const LATEST = 20;

function UserRequests(props: { userId: string }) {
  return (
    <Panel
      title="Requests"
      flush
      actions={
        <A href={`/requests?user=${props.userId}`} class={buttonClass("quiet", "small")}>
          All requests
        </A>
      }
    >
      <RequestLog
        filter={{ userId: props.userId }}
        first={LATEST}
        live
        hideUser
        empty={
          <EmptyState title="No requests yet">
            They appear here the moment one of this user’s keys is used.
          </EmptyState>
        }
      />
    </Panel>
  );
}

/** One user: who they are, their keys, what they did. */
export default function UserPage() {
  const params = useParams<{ id: string }>();
  const [answer] = createQuery({ query: UserQuery, variables: () => ({ id: params.id }) });
  const user = () => answer.data?.user;
  return (
    <Page title={user()?.name ?? "User"}>
      <ErrorNotice error={answer.error} />
      <Show
        when={user()}
        fallback={
          <Show when={!answer.error}>
            <Show when={answer.data} fallback={<Loading />}>
              <EmptyState
                title="There is no such user"
                action={
                  <A href="/users" class={buttonClass("plain")}>
                    All users
                  </A>
                }
              >
                They may have been deleted, or the address is mistyped.
              </EmptyState>
            </Show>
          </Show>
        }
      >
        {(known) => (
          <>
            <UserProfile user={known()} />
            <KeyList userId={known().id} />
            <UserRequests userId={known().id} />
          </>
        )}
      </Show>
    </Page>
  );
}
