import { A } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { Match, Show, Switch } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { buttonClass } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Notice } from "../../ui/Notice";

const KeyOwnerQuery = graphql(`
  query KeyOwner($key: String!) {
    apiKeys(search: $key, first: 1) {
      id
      name
      state
      user {
        id
        name
      }
    }
  }
`);

/** Shows the owner of a pasted API key. The key is sent for the look-up and not stored. */
export function KeyOwner(props: { apiKey: string }) {
  const [answer] = createQuery({
    query: KeyOwnerQuery,
    variables: () => ({ key: props.apiKey }),
    requestPolicy: "network-only",
  });
  const found = () => answer.data?.apiKeys[0];
  const path = (userId: string, id: string, isRevoked: boolean) =>
    `/users/${userId}/keys?key=${id}${isRevoked ? "&revoked=yes" : ""}`;
  return (
    <div class="w-full">
      <ErrorNotice error={answer.error} />
      <Switch>
        <Match when={found()}>
          {(key) => (
            <Notice
              tone="info"
              action={
                <A
                  href={path(key().user.id, key().id, key().state === "REVOKED")}
                  class={buttonClass("plain", "small")}
                >
                  {t("users.keyOpen")}
                </A>
              }
            >
              {t("users.keyOwner", { user: key().user.name, key: key().name })}
              <Show when={key().state !== "ACTIVE"}> ({t(`keys.states.${key().state}`)})</Show>
            </Notice>
          )}
        </Match>
        <Match when={answer.data}>
          <Notice tone="warn">{t("users.keyUnknown")}</Notice>
        </Match>
      </Switch>
    </div>
  );
}
