import { useNavigate } from "@solidjs/router";
import Ellipsis from "lucide-solid/icons/ellipsis";
import { createSignal, Show } from "solid-js";
import type { FreshKey } from "../../connect/KeySecretDialog";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type {
  ApiKeyState,
  KeyRowFragment as KeyRowFragmentData,
} from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { formatDay, formatShare } from "../../lib/format";
import { Badge, type BadgeTone } from "../../ui/Badge";
import { Menu, MenuItem, MenuLine } from "../../ui/Menu";
import { Meter } from "../../ui/Meter";
import { Ago } from "../../ui/Moment";
import { Cell } from "../../ui/Table";
import { EditKeyDialog } from "./EditKeyDialog";
import { RevokeKeyDialog } from "./RevokeKeyDialog";
import { RotateKeyDialog } from "./RotateKeyDialog";

const KeyRowFragment = graphql(`
  fragment KeyRow on ApiKey {
    id
    name
    prefix
    lastFour
    state
    lastUsedAt
    expiresAt
    revokedAt
    allowedModels
    quotas {
      id
      usedPercent
    }
  }
`);

const TONES: Record<ApiKeyState, BadgeTone> = { ACTIVE: "ok", EXPIRED: "warn", REVOKED: "plain" };

function Fullest(props: { percent: number }) {
  return (
    <Meter
      label={t("keys.quota")}
      percent={props.percent}
      valueText={t("common.percentUsed", { percent: formatShare(props.percent / 100) })}
    />
  );
}

/** The day on which a key was revoked or expires. */
function End(props: { apiKey: KeyRowFragmentData }) {
  return (
    <Show when={props.apiKey.revokedAt ?? props.apiKey.expiresAt} fallback={t("keys.neverEnds")}>
      {(end) => formatDay(end())}
    </Show>
  );
}

type KeyRowProps = {
  userId: string;
  apiKey: FragmentType<typeof KeyRowFragment>;
  /** The reader came for this key. */
  isSought: boolean;
  /** A rotation made a new secret. */
  onFresh: (fresh: FreshKey) => void;
};

/** One API key in the list. */
export function KeyRow(props: KeyRowProps) {
  const apiKey = () => readFragment(KeyRowFragment, props.apiKey);
  const navigate = useNavigate();
  const [open, setOpen] = createSignal<"edit" | "rotate" | "revoke">();
  const close = () => setOpen(undefined);
  const go = (tab: string) => navigate(`/users/${props.userId}/${tab}?key=${apiKey().id}`);
  const fullest = () => apiKey().quotas.toSorted((a, b) => b.usedPercent - a.usedPercent)[0];
  return (
    <tr
      ref={(row) =>
        props.isSought && queueMicrotask(() => row.scrollIntoView?.({ block: "nearest" }))
      }
      aria-current={props.isSought ? "true" : undefined}
      class="aria-[current]:bg-accent-soft"
    >
      <Cell>
        <span class="block font-medium">{apiKey().name}</span>
        <span class="font-mono text-xs whitespace-nowrap text-muted">
          {apiKey().prefix}…{apiKey().lastFour}
        </span>
        <span class="block text-sm text-muted sm:hidden">
          {t("keys.lastUsed")}: <Ago at={apiKey().lastUsedAt} />
        </span>
        <Show when={!apiKey().revokedAt}>
          <span class="block text-sm text-muted md:hidden">
            {t("keys.ends")}: <End apiKey={apiKey()} />
          </span>
        </Show>
        <Show when={fullest()}>
          {(quota) => (
            <span class="mt-1.5 block lg:hidden">
              <Fullest percent={quota().usedPercent} />
            </span>
          )}
        </Show>
      </Cell>
      <Cell>
        <Badge tone={TONES[apiKey().state]}>{t(`keys.states.${apiKey().state}`)}</Badge>
      </Cell>
      <Cell class="w-40 max-lg:hidden">
        <Show when={fullest()}>{(quota) => <Fullest percent={quota().usedPercent} />}</Show>
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-sm:hidden">
        <Ago at={apiKey().lastUsedAt} />
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-md:hidden">
        <End apiKey={apiKey()} />
      </Cell>
      <Cell class="w-px text-right">
        <Show when={apiKey().state !== "REVOKED"}>
          <Menu
            label={t("common.actionsFor", { name: apiKey().name })}
            trigger={<Ellipsis class="size-4" aria-hidden="true" />}
            triggerClass="inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
          >
            <MenuItem onSelect={() => go("connect")}>{t("common.connectClient")}</MenuItem>
            <MenuItem onSelect={() => go("limits")}>{t("keys.limits")}</MenuItem>
            <May do="updateApiKey">
              <MenuItem onSelect={() => setOpen("edit")}>{t("common.edit")}</MenuItem>
              <MenuLine />
              <MenuItem onSelect={() => setOpen("rotate")}>{t("keys.rotate")}</MenuItem>
              <MenuItem danger onSelect={() => setOpen("revoke")}>
                {t("common.revoke")}
              </MenuItem>
            </May>
          </Menu>
        </Show>
        <May do="updateApiKey">
          <EditKeyDialog apiKey={apiKey()} open={open() === "edit"} onClose={close} />
          <RotateKeyDialog
            apiKey={apiKey()}
            open={open() === "rotate"}
            onClose={close}
            onFresh={props.onFresh}
          />
          <RevokeKeyDialog apiKey={apiKey()} open={open() === "revoke"} onClose={close} />
        </May>
      </Cell>
    </tr>
  );
}
