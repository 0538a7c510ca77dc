import Ellipsis from "lucide-solid/icons/ellipsis";
import { createSignal, For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { Button } from "../../ui/Button";
import { Menu, MenuItem } from "../../ui/Menu";
import { AccountRow } from "./AccountRow";
import { DisconnectDialog } from "./DisconnectDialog";
import { canSignIn, PROVIDER_COLOURS } from "./kinds";
import { words } from "./words";

const ProviderCardFragment = graphql(`
  fragment ProviderCard on Provider {
    kind
    displayName
    acceptsApiKey
    accounts {
      id
      status
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

const TRIGGER =
  "inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink";

function Ways(props: ProviderCardProps) {
  const provider = () => readFragment(ProviderCardFragment, props.provider);
  return (
    <>
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
        <Button
          size="small"
          aria-label={words().addKeyAt(provider().displayName)}
          onClick={() => props.onAdd()}
        >
          {words().addKey}
        </Button>
      </Show>
    </>
  );
}

/** One provider and the accounts that serve its models. */
export function ProviderCard(props: ProviderCardProps) {
  const provider = () => readFragment(ProviderCardFragment, props.provider);
  const [isDisconnecting, setDisconnecting] = createSignal(false);
  const count = () => provider().accounts.length;
  const active = () => provider().accounts.filter(({ status }) => status === "ACTIVE").length;
  return (
    <section class="min-w-0 overflow-clip rounded-xl border border-line bg-panel">
      <header class="flex min-h-13 flex-wrap items-center justify-between gap-x-3 gap-y-2 px-4 py-2 sm:px-5">
        <h2 class="flex min-w-0 items-center gap-2.5 font-semibold">
          <span
            class={`size-2.5 shrink-0 rounded-full ${PROVIDER_COLOURS[provider().kind]}`}
            aria-hidden="true"
          />
          <span class="truncate">{provider().displayName}</span>
          <Show when={count()}>
            <span class="text-sm font-normal whitespace-nowrap text-muted">
              {words().activeOf(active(), count())}
            </span>
          </Show>
        </h2>
        <div class="flex shrink-0 items-center gap-2">
          <Ways {...props} />
          <Show when={count()}>
            <Menu
              label={words().actions(provider().displayName)}
              trigger={<Ellipsis class="size-4" aria-hidden="true" />}
              triggerClass={TRIGGER}
            >
              <MenuItem danger onSelect={() => setDisconnecting(true)}>
                {words().disconnect}
              </MenuItem>
            </Menu>
            <DisconnectDialog
              kind={provider().kind}
              name={provider().displayName}
              count={count()}
              open={isDisconnecting()}
              onClose={() => setDisconnecting(false)}
            />
          </Show>
        </div>
      </header>
      <Show when={count()}>
        <ul class="divide-y divide-line border-t border-line">
          <For each={provider().accounts}>
            {(account) => <AccountRow account={account} onSignIn={() => props.onSignIn()} />}
          </For>
        </ul>
      </Show>
    </section>
  );
}
