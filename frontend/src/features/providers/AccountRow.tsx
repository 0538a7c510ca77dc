import { createMutation } from "@urql/solid";
import Trash from "lucide-solid/icons/trash";
import { createSignal, For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { Code } from "../../ui/Code";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { IconButton } from "../../ui/IconButton";
import { Switch } from "../../ui/Switch";
import { RemoveAccountDialog } from "./RemoveAccountDialog";
import { words } from "./words";

const AccountRowFragment = graphql(`
  fragment AccountRow on ProviderAccount {
    id
    label
    lastFour
    baseUrl
    prefix
    enabled
    models {
      name
      alias
    }
  }
`);

const UpdateProviderAccountMutation = graphql(`
  mutation SetAccountEnabled($id: ID!, $enabled: Boolean!) {
    updateProviderAccount(id: $id, input: { enabled: $enabled }) {
      account {
        id
        enabled
      }
    }
  }
`);

/** One account of a provider. */
export function AccountRow(props: { account: FragmentType<typeof AccountRowFragment> }) {
  const account = () => readFragment(AccountRowFragment, props.account);
  const [change, update] = createMutation(UpdateProviderAccountMutation);
  const [isRemoving, setRemoving] = createSignal(false);
  return (
    <li class="px-4 py-3 sm:px-5">
      <div class="flex items-center justify-between gap-4">
        <div class="min-w-0">
          <p class="truncate font-medium">{account().label}</p>
          <p class="text-sm break-words text-muted">
            {words().apiKey} <span class="font-mono text-xs">…{account().lastFour}</span>
            <Show when={account().baseUrl}>{(url) => words().at(url())}</Show>
            <Show when={account().prefix}>{(prefix) => words().prefixed(prefix())}</Show>
          </p>
          <Show when={account().models.length > 0}>
            <p class="mt-1.5 flex flex-wrap gap-1 text-xs">
              <For each={account().models}>
                {(model) => (
                  <Code>
                    {model.alias ? `${model.alias} → ` : ""}
                    {model.name}
                  </Code>
                )}
              </For>
            </p>
          </Show>
        </div>
        <div class="flex shrink-0 items-center gap-2">
          <Switch
            label={words().used(account().label)}
            hideLabel
            checked={account().enabled}
            disabled={change.fetching}
            onChange={(enabled) => void update({ id: account().id, enabled })}
          />
          <IconButton label={words().remove(account().label)} onClick={() => setRemoving(true)}>
            <Trash class="size-4" aria-hidden="true" />
          </IconButton>
        </div>
      </div>
      <ErrorNotice error={change.error} />
      <RemoveAccountDialog
        account={account()}
        open={isRemoving()}
        onClose={() => setRemoving(false)}
      />
    </li>
  );
}
