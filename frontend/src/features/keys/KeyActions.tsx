import { useNavigate } from "@solidjs/router";
import Ellipsis from "lucide-solid/icons/ellipsis";
import { createSignal, Show } from "solid-js";
import { AccessDialog } from "../../accountGroups/AccessDialog";
import type { FreshKey } from "../../connect/KeySecretDialog";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { RevokeKeyDialog } from "../../keys/RevokeKeyDialog";
import { RotateKeyDialog } from "../../keys/RotateKeyDialog";
import { Menu, MenuItem, MenuLine } from "../../ui/Menu";
import { EditKeyDialog } from "./EditKeyDialog";

const KeyActionsFragment = graphql(`
  fragment KeyActions on ApiKey {
    id
    version
    name
    state
    expiresAt
    allowedModels
    allowedNetworks
    allowedClients
    agentSignIn {
      createdAt
    }
  }
`);

type KeyActionsProps = {
  userId: string;
  apiKey: FragmentType<typeof KeyActionsFragment>;
  /** A rotation made a new secret. */
  onFresh: (fresh: FreshKey) => void;
};

/** The actions on a key. */
export function KeyActions(props: KeyActionsProps) {
  const apiKey = () => readFragment(KeyActionsFragment, props.apiKey);
  const navigate = useNavigate();
  const [open, setOpen] = createSignal<"edit" | "groups" | "rotate" | "revoke">();
  const close = () => setOpen(undefined);
  const go = (tab: string) => navigate(`/users/${props.userId}/${tab}?key=${apiKey().id}`);
  const showRequests = () => navigate(`/requests?user=${props.userId}&key=${apiKey().id}`);
  return (
    <>
      <Menu
        label={t("common.actionsFor", { name: apiKey().name })}
        trigger={<Ellipsis class="size-4" aria-hidden="true" />}
        triggerClass="inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
      >
        <MenuItem onSelect={showRequests}>{t("common.viewRequests")}</MenuItem>
        <Show when={apiKey().state !== "REVOKED"}>
          <Show when={!apiKey().agentSignIn}>
            <MenuItem onSelect={() => go("connect")}>{t("common.connectClient")}</MenuItem>
          </Show>
          <MenuItem onSelect={() => go("limits")}>{t("keys.limits")}</MenuItem>
          <May do="updateApiKey">
            <MenuItem onSelect={() => setOpen("edit")}>{t("common.edit")}</MenuItem>
            <MenuItem onSelect={() => setOpen("groups")}>{t("accountGroups.menu")}</MenuItem>
            <MenuLine />
            <Show when={!apiKey().agentSignIn}>
              <MenuItem onSelect={() => setOpen("rotate")}>{t("keys.rotate")}</MenuItem>
            </Show>
            <MenuItem danger onSelect={() => setOpen("revoke")}>
              {apiKey().agentSignIn ? t("agentSignIn.end") : t("common.revoke")}
            </MenuItem>
          </May>
        </Show>
      </Menu>
      <May do="updateApiKey">
        <EditKeyDialog
          userId={props.userId}
          apiKey={apiKey()}
          open={open() === "edit"}
          onClose={close}
        />
        <AccessDialog
          userId={props.userId}
          apiKeyId={apiKey().id}
          name={apiKey().name}
          open={open() === "groups"}
          onClose={close}
        />
        <RotateKeyDialog
          apiKey={apiKey()}
          open={open() === "rotate"}
          onClose={close}
          onFresh={props.onFresh}
        />
        <RevokeKeyDialog apiKey={apiKey()} open={open() === "revoke"} onClose={close} />
      </May>
    </>
  );
}
