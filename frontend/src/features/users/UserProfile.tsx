import { createSignal, For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { Button } from "../../ui/Button";
import { Code } from "../../ui/Code";
import { Fact, Facts } from "../../ui/Facts";
import { Ago } from "../../ui/Moment";
import { Panel } from "../../ui/Panel";
import { DeleteUserDialog } from "./DeleteUserDialog";
import { EditUserDialog } from "./EditUserDialog";
import { EnabledSwitch } from "./EnabledSwitch";

const UserProfileFragment = graphql(`
  fragment UserProfile on User {
    id
    name
    email
    note
    enabled
    createdAt
    archivedAt
    lastUsedAt
    allowedModels
  }
`);

/** Who a user is, and what they may do. */
export function UserProfile(props: { user: FragmentType<typeof UserProfileFragment> }) {
  const user = () => readFragment(UserProfileFragment, props.user);
  const [open, setOpen] = createSignal<"edit" | "delete">();
  const close = () => setOpen(undefined);
  return (
    <Panel
      title="Profile"
      actions={
        <Show when={!user().archivedAt}>
          <Button size="small" onClick={() => setOpen("edit")}>
            Edit
          </Button>
          <Button size="small" onClick={() => setOpen("delete")}>
            Delete
          </Button>
        </Show>
      }
    >
      <Facts>
        <Fact name="Enabled">
          <Show when={!user().archivedAt} fallback="deleted">
            <EnabledSwitch id={user().id} name={user().name} enabled={user().enabled} />
          </Show>
        </Fact>
        <Fact name="E-mail">{user().email ?? "none"}</Fact>
        <Fact name="Last used">
          <Ago at={user().lastUsedAt} never="never" />
        </Fact>
        <Fact name="Created">
          <Ago at={user().createdAt} />
        </Fact>
        <Fact name="Allowed models">
          <For each={user().allowedModels} fallback="all">
            {(model) => (
              <>
                <Code>{model}</Code>{" "}
              </>
            )}
          </For>
        </Fact>
        <Show when={user().note}>{(note) => <Fact name="Note">{note()}</Fact>}</Show>
      </Facts>
      <EditUserDialog id={user().id} user={user()} open={open() === "edit"} onClose={close} />
      <DeleteUserDialog
        id={user().id}
        name={user().name}
        open={open() === "delete"}
        onClose={close}
      />
    </Panel>
  );
}
