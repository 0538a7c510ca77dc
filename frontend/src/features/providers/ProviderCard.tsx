import Ellipsis from "lucide-solid/icons/ellipsis";
import { createSignal, For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { AccountStatus, ProviderKind } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { Menu, MenuItem, MenuLine } from "../../ui/Menu";
import { providerColour, supportedProvider } from "../../ui/providers";
import { AccountRow } from "./AccountRow";
import { DisconnectDialog } from "./DisconnectDialog";
import { ProviderSettingsDialog } from "./ProviderSettingsDialog";

const ProviderCardFragment = graphql(`
  fragment ProviderCard on Provider {
    kind
    displayName
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
  const supported = () => supportedProvider(provider().kind);
  return (
    <>
      <Show when={supported()?.signIn}>
        <May do="startProviderLogin">
          <Button
            size="small"
            aria-label={t("providers.signInAt", { provider: provider().displayName })}
            disabled={props.isStarting}
            onClick={() => props.onSignIn()}
          >
            {t("providers.signIn")}
          </Button>
        </May>
      </Show>
      <Show when={supported()?.apiKeys}>
        <May do="addProviderApiKey">
          <Button
            size="small"
            aria-label={t("providers.addKeyAt", { provider: provider().displayName })}
            onClick={() => props.onAdd()}
          >
            {t("providers.addKey")}
          </Button>
        </May>
      </Show>
    </>
  );
}

/** The number of accounts, and of active ones if their status is known. */
function Count(props: { statuses: readonly AccountStatus[] }) {
  const active = () => props.statuses.filter((status) => status === "ACTIVE").length;
  return (
    <Show when={props.statuses.length > 0}>
      <span class="text-sm font-normal whitespace-nowrap text-muted">
        {props.statuses.every((status) => status === "UNKNOWN")
          ? t("common.accounts", { count: props.statuses.length })
          : t("providers.activeOf", { active: active(), all: props.statuses.length })}
      </span>
    </Show>
  );
}

function More(props: { kind: ProviderKind; name: string; count: number }) {
  const [open, setOpen] = createSignal<"settings" | "disconnect">();
  const close = () => setOpen(undefined);
  return (
    <>
      <Menu
        label={t("common.actionsFor", { name: props.name })}
        trigger={<Ellipsis class="size-4" aria-hidden="true" />}
        triggerClass={TRIGGER}
      >
        <MenuItem onSelect={() => setOpen("settings")}>{t("providers.settings")}</MenuItem>
        <Show when={props.count > 0}>
          <MenuLine />
          <MenuItem danger onSelect={() => setOpen("disconnect")}>
            {t("providers.disconnect")}
          </MenuItem>
        </Show>
      </Menu>
      <ProviderSettingsDialog
        kind={props.kind}
        name={props.name}
        open={open() === "settings"}
        onClose={close}
      />
      <DisconnectDialog
        kind={props.kind}
        name={props.name}
        count={props.count}
        open={open() === "disconnect"}
        onClose={close}
      />
    </>
  );
}

/** One provider and the accounts that serve its models. */
export function ProviderCard(props: ProviderCardProps) {
  const provider = () => readFragment(ProviderCardFragment, props.provider);
  const count = () => provider().accounts.length;
  return (
    <section class="min-w-0 overflow-clip rounded-xl border border-line bg-panel">
      <header class="flex min-h-13 flex-wrap items-center justify-between gap-x-3 gap-y-2 px-4 py-2 sm:px-5">
        <h2 class="flex min-w-0 items-center gap-2.5 font-semibold">
          <span
            class="size-2.5 shrink-0 rounded-full"
            style={{ background: `var(${providerColour(provider().kind)})` }}
            aria-hidden="true"
          />
          <span class="truncate">{provider().displayName}</span>
          <Count statuses={provider().accounts.map(({ status }) => status)} />
        </h2>
        <div class="flex shrink-0 items-center gap-2">
          <Ways {...props} />
          <May do="updateProviderSettings">
            <More kind={provider().kind} name={provider().displayName} count={count()} />
          </May>
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
