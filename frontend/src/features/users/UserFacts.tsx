import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatWhole } from "../../lib/format";
import { Code } from "../../ui/Code";
import { Fact, Facts } from "../../ui/Facts";
import { Ago } from "../../ui/Moment";
import { UserAlertAddress } from "./UserAlertAddress";

const UserFactsFragment = graphql(`
  fragment UserFacts on User {
    email
    note
    createdAt
    lastUsedAt
    effectiveAllowedModels
    allowedModelsSource
    rateLimitSource
    group {
      id
      name
    }
    usedTokens
    usageResetAt
    ...UserAlertAddress
  }
`);

/** A user's details, usage and allowed models. */
export function UserFacts(props: { user: FragmentType<typeof UserFactsFragment> }) {
  const user = () => readFragment(UserFactsFragment, props.user);
  return (
    <Facts>
      <Fact name={t("users.email")}>{user().email ?? t("common.none")}</Fact>
      <UserAlertAddress user={user()} />
      <Fact name={t("users.lastUsed")}>
        <Ago at={user().lastUsedAt} />
      </Fact>
      <Fact name={t("users.created")}>
        <Ago at={user().createdAt} />
      </Fact>
      <Fact name={t("users.usedTokens")}>{formatWhole(user().usedTokens)}</Fact>
      <Show when={user().usageResetAt}>
        {(at) => (
          <Fact name={t("users.since")}>
            <Ago at={at()} />
          </Fact>
        )}
      </Show>
      <Fact name={t("users.allowedModels")}>
        <For each={user().effectiveAllowedModels} fallback={t("common.all")}>
          {(model) => (
            <>
              <Code>{model}</Code>{" "}
            </>
          )}
        </For>
        <Show when={user().allowedModelsSource === "GROUP"}>
          <span class="text-muted">({t("userGroups.fromGroup")})</span>
        </Show>
      </Fact>
      <Show when={user().group}>
        {(group) => (
          <Fact name={t("userGroups.group")}>
            {group().name}{" "}
            <Show when={user().rateLimitSource === "GROUP"}>
              <span class="text-muted">({t("userGroups.rateApplies")})</span>
            </Show>
          </Fact>
        )}
      </Show>
      <Show when={user().note}>{(note) => <Fact name={t("users.note")}>{note()}</Fact>}</Show>
    </Facts>
  );
}
