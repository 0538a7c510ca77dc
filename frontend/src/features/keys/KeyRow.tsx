import { createSignal, Show } from "solid-js";
import type { FreshSecret } from "../../connect/SecretDialog";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { ApiKeyState } from "../../graphql/generated/graphql";
import { formatDay } from "../../lib/format";
import { Badge, type BadgeTone } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Ago } from "../../ui/Moment";
import { Cell } from "../../ui/Table";
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
  }
`);

const STATES: Record<ApiKeyState, { tone: BadgeTone; word: string }> = {
  ACTIVE: { tone: "ok", word: "active" },
  EXPIRED: { tone: "warn", word: "expired" },
  REVOKED: { tone: "plain", word: "revoked" },
};

type KeyRowProps = {
  apiKey: FragmentType<typeof KeyRowFragment>;
  /** A rotation made a new secret. */
  onFresh: (fresh: FreshSecret) => void;
};

/** One API key in the list. */
export function KeyRow(props: KeyRowProps) {
  const apiKey = () => readFragment(KeyRowFragment, props.apiKey);
  const [open, setOpen] = createSignal<"rotate" | "revoke">();
  const close = () => setOpen(undefined);
  return (
    <tr>
      <Cell>
        <span class="block font-medium">{apiKey().name}</span>
        <span class="font-mono text-xs whitespace-nowrap text-muted">
          {apiKey().prefix}…{apiKey().lastFour}
        </span>
      </Cell>
      <Cell>
        <Badge tone={STATES[apiKey().state].tone}>{STATES[apiKey().state].word}</Badge>
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-sm:hidden">
        <Ago at={apiKey().lastUsedAt} />
      </Cell>
      <Cell class="whitespace-nowrap text-muted max-md:hidden">
        <Show when={apiKey().revokedAt ?? apiKey().expiresAt} fallback="never">
          {(end) => formatDay(end())}
        </Show>
      </Cell>
      <Cell class="w-px text-right whitespace-nowrap">
        <Show when={apiKey().state !== "REVOKED"}>
          <Button size="small" tone="quiet" onClick={() => setOpen("rotate")}>
            Rotate
          </Button>
          <Button size="small" tone="quiet" onClick={() => setOpen("revoke")}>
            Revoke
          </Button>
        </Show>
        <RotateKeyDialog
          apiKey={apiKey()}
          open={open() === "rotate"}
          onClose={close}
          onFresh={props.onFresh}
        />
        <RevokeKeyDialog apiKey={apiKey()} open={open() === "revoke"} onClose={close} />
      </Cell>
    </tr>
  );
}
