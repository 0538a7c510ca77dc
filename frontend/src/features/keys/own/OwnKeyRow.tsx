import Ellipsis from "lucide-solid/icons/ellipsis";
import { createSignal, Show } from "solid-js";
import type { FreshKey } from "../../../connect/KeySecretDialog";
import { type FragmentType, graphql, readFragment } from "../../../graphql/generated";
import { t } from "../../../i18n";
import { KeyBadge } from "../../../keys/KeyBadge";
import { KeyMark } from "../../../keys/KeyMark";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { Menu, MenuItem, MenuLine } from "../../../ui/Menu";
import { Ago } from "../../../ui/Moment";
import { Cell } from "../../../ui/Table";
import { KeyEnd } from "../KeyEnd";
import { KeyOrigins } from "../KeyOrigins";
import { EndSignInDialog } from "./EndSignInDialog";
import { RenameOwnKeyDialog, RevokeOwnKeyDialog, RotateOwnKeyDialog } from "./OwnKeyDialogs";

const OwnKeyRowFragment = graphql(`
  fragment OwnKeyRow on ApiKey {
    id
    name
    state
    lastUsedAt
    endsAt
    allowedModels
    allowedNetworks
    allowedClients
    agentSignIn {
      createdAt
    }
    ...KeyMark
  }
`);

type OwnKeyRowProps = {
  apiKey: FragmentType<typeof OwnKeyRowFragment>;
  /** Whether the user is signed in with it. */
  isInUse: boolean;
  isManageable: boolean;
  /** Whether there is no room for a second key beside it. */
  isFull: boolean;
  onFresh: (fresh: FreshKey) => void;
};

/** One of the user's own keys, with what they may do. */
export function OwnKeyRow(props: OwnKeyRowProps) {
  const apiKey = () => readFragment(OwnKeyRowFragment, props.apiKey);
  return (
    <tr>
      <Cell>
        <span class="flex flex-wrap items-center gap-2 font-medium">
          {apiKey().name}
          <Show when={props.isInUse}>
            <Badge tone="accent" title={t("keys.own.inUseHint")}>
              {t("keys.own.inUse")}
            </Badge>
          </Show>
        </span>
        <KeyMark apiKey={apiKey()} />
        <Show when={apiKey().allowedModels}>
          {(models) => (
            <span class="block text-sm break-words text-muted">{models().join(", ")}</span>
          )}
        </Show>
        <KeyOrigins apiKey={apiKey()} />
        <span class="block text-sm text-muted sm:hidden">
          {t("keys.lastUsed")}: <Ago at={apiKey().lastUsedAt} />
        </span>
        <span class="block text-sm text-muted md:hidden">
          {t("keys.ends")}: <KeyEnd apiKey={apiKey()} />
        </span>
      </Cell>
      <Cell>
        <KeyBadge state={apiKey().state} />
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-sm:hidden">
        <Ago at={apiKey().lastUsedAt} />
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-md:hidden">
        <KeyEnd apiKey={apiKey()} />
      </Cell>
      <Cell class="w-px text-right">
        <Show when={props.isManageable}>
          <Actions {...props} apiKey={apiKey()} />
        </Show>
        <Show when={apiKey().agentSignIn && apiKey().state === "ACTIVE" && !props.isInUse}>
          <EndSignIn apiKey={apiKey()} />
        </Show>
      </Cell>
    </tr>
  );
}

function EndSignIn(props: { apiKey: { id: string; name: string } }) {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        {t("agentSignIn.end")}
      </Button>
      <EndSignInDialog apiKey={props.apiKey} open={isOpen()} onClose={() => setOpen(false)} />
    </>
  );
}

type ActionsProps = Omit<OwnKeyRowProps, "apiKey"> & { apiKey: { id: string; name: string } };

function Actions(props: ActionsProps) {
  const [open, setOpen] = createSignal<"rename" | "rotate" | "revoke">();
  const close = () => setOpen(undefined);
  return (
    <>
      <Menu
        label={t("common.actionsFor", { name: props.apiKey.name })}
        trigger={<Ellipsis class="size-4" aria-hidden="true" />}
        triggerClass="inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
      >
        <MenuItem onSelect={() => setOpen("rename")}>{t("keys.own.rename")}</MenuItem>
        <MenuLine />
        <MenuItem onSelect={() => setOpen("rotate")}>{t("keys.rotate")}</MenuItem>
        <MenuItem danger onSelect={() => setOpen("revoke")}>
          {t("common.revoke")}
        </MenuItem>
      </Menu>
      <RenameOwnKeyDialog apiKey={props.apiKey} open={open() === "rename"} onClose={close} />
      <RotateOwnKeyDialog
        apiKey={props.apiKey}
        isInUse={props.isInUse}
        isFull={props.isFull}
        open={open() === "rotate"}
        onClose={close}
        onFresh={props.onFresh}
      />
      <RevokeOwnKeyDialog
        apiKey={props.apiKey}
        isInUse={props.isInUse}
        open={open() === "revoke"}
        onClose={close}
      />
    </>
  );
}
