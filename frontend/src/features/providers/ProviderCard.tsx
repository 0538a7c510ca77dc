import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { Button } from "../../ui/Button";
import { AccountRow } from "./AccountRow";
import { canSignIn, PROVIDER_COLOURS } from "./kinds";
import { words } from "./words";

const ProviderCardFragment = graphql(`
  fragment ProviderCard on Provider {
    kind
    displayName
    acceptsApiKey
    accounts {
      id
      ...AccountRow
    }
  }
`);

type ProviderCardProps = {
  provider: FragmentType<typeof ProviderCardFragment>;
  /** A sign-in is being begun, here or at another provider. */
  isStarting: boolean;
  onAdd: () => void;
  onSignIn: () => void;
};

/** One provider and the accounts that serve its models. */
export function ProviderCard(props: ProviderCardProps) {
  const provider = () => readFragment(ProviderCardFragment, props.provider);
  return (
    <section class="min-w-0 overflow-clip rounded-xl border border-line bg-panel">
      <header class="flex min-h-13 items-center justify-between gap-3 px-4 py-2 sm:px-5">
        <h2 class="flex min-w-0 items-center gap-2.5 font-semibold">
          <span
            class={`size-2.5 shrink-0 rounded-full ${PROVIDER_COLOURS[provider().kind]}`}
            aria-hidden="true"
          />
          <span class="truncate">{provider().displayName}</span>
          <Show when={provider().accounts.length}>
            {(count) => <span class="font-normal text-faint">{count()}</span>}
          </Show>
        </h2>
        <div class="flex shrink-0 gap-2">
          <Show when={canSignIn(provider().kind)}>
            <Button
              size="small"
              aria-label={words().signInAt(provider().displayName)}
              disabled={props.isStarting}
              onClick={() => props.onSignIn()}
            >
              {words().signIn}
            </Button>
          </Show>
          <Show when={provider().acceptsApiKey}>
            <Button size="small" onClick={() => props.onAdd()}>
              {words().addKey}
            </Button>
          </Show>
        </div>
      </header>
      <Show when={provider().accounts.length > 0}>
        <ul class="divide-y divide-line border-t border-line">
          <For each={provider().accounts}>{(account) => <AccountRow account={account} />}</For>
        </ul>
      </Show>
    </section>
  );
}
