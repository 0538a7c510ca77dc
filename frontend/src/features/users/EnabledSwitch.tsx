import { createMutation } from "@urql/solid";
import { Show } from "solid-js";
import { explain } from "../../graphql/errors";
import { graphql } from "../../graphql/generated";
import { Switch } from "../../ui/Switch";

const SetUsersEnabledMutation = graphql(`
  mutation SetUsersEnabled($ids: [ID!]!, $enabled: Boolean!) {
    setUsersEnabled(ids: $ids, enabled: $enabled) {
      users {
        id
        enabled
      }
    }
  }
`);

/** Lets a user in or keeps them out; their keys stay as they are. */
export function EnabledSwitch(props: { id: string; name: string; enabled: boolean }) {
  const [change, setEnabled] = createMutation(SetUsersEnabledMutation);
  return (
    <>
      <Switch
        label={`${props.name} may use the server`}
        hideLabel
        checked={props.enabled}
        disabled={change.fetching}
        onChange={(enabled) => void setEnabled({ ids: [props.id], enabled })}
      />
      <Show when={change.error}>
        {(error) => (
          <p role="alert" class="text-sm text-bad">
            {explain(error()).cause}
          </p>
        )}
      </Show>
    </>
  );
}
