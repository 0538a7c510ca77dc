import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { formatWhole } from "../../lib/figures";
import { Code } from "../../ui/Code";
import { Fact, Facts } from "../../ui/Facts";
import { Ago } from "../../ui/Moment";
import { words } from "./words";

const UserFactsFragment = graphql(`
  fragment UserFacts on User {
    email
    note
    createdAt
    lastUsedAt
    allowedModels
    usedTokens
    usageResetAt
  }
`);

/** Who a user is, and what they may do. */
export function UserFacts(props: { user: FragmentType<typeof UserFactsFragment> }) {
  const user = () => readFragment(UserFactsFragment, props.user);
  return (
    <Facts>
      <Fact name={words().email}>{user().email ?? words().noneText}</Fact>
      <Fact name={words().lastUsed}>
        <Ago at={user().lastUsedAt} />
      </Fact>
      <Fact name={words().created}>
        <Ago at={user().createdAt} />
      </Fact>
      <Fact name={words().usedTokens}>{formatWhole(user().usedTokens)}</Fact>
      <Show when={user().usageResetAt}>
        {(at) => (
          <Fact name={words().since}>
            <Ago at={at()} />
          </Fact>
        )}
      </Show>
      <Fact name={words().allowedModels}>
        <For each={user().allowedModels} fallback={words().all}>
          {(model) => (
            <>
              <Code>{model}</Code>{" "}
            </>
          )}
        </For>
      </Fact>
      <Show when={user().note}>{(note) => <Fact name={words().note}>{note()}</Fact>}</Show>
    </Facts>
  );
}
