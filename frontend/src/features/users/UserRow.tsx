import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { Ago } from "../../ui/Moment";
import { Cell } from "../../ui/Table";
import { EnabledSwitch } from "./EnabledSwitch";

const UserRowFragment = graphql(`
  fragment UserRow on User {
    id
    name
    email
    enabled
    createdAt
    lastUsedAt
    apiKeys {
      id
    }
  }
`);

/** One user in the list. */
export function UserRow(props: { user: FragmentType<typeof UserRowFragment> }) {
  const user = () => readFragment(UserRowFragment, props.user);
  const keys = () => user().apiKeys.length;
  return (
    <tr class="hover:bg-hover/50">
      <Cell class="max-w-64">
        <A
          href={`/users/${user().id}`}
          class="block truncate font-medium underline-offset-4 hover:underline"
        >
          {user().name}
        </A>
        <Show when={user().email}>
          {(email) => <span class="block truncate text-sm text-muted">{email()}</span>}
        </Show>
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-sm:hidden">
        {keys()} {keys() === 1 ? "key" : "keys"}
      </Cell>
      <Cell class="whitespace-nowrap text-muted">
        <Ago at={user().lastUsedAt} never="never" />
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-md:hidden">
        <Ago at={user().createdAt} />
      </Cell>
      <Cell class="w-px">
        <EnabledSwitch id={user().id} name={user().name} enabled={user().enabled} />
      </Cell>
    </tr>
  );
}
