import { createMutation } from "@urql/solid";
import { createSignal, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { formatDay } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Ago } from "../../ui/Moment";
import { roleWords } from "../../ui/roles";
import { notify } from "../../ui/Toaster";
import { words } from "./words";

const ApiTokenRowFragment = graphql(`
  fragment ApiTokenRow on ApiToken {
    id
    name
    role
    prefix
    lastFour
    lastUsedAt
    expiresAt
    revokedAt
  }
`);

const RevokeApiTokenMutation = graphql(`
  mutation RevokeApiToken($id: ID!) {
    revokeApiToken(id: $id) {
      apiToken {
        id
        revokedAt
      }
    }
  }
`);

/** One API token in the list. */
export function ApiTokenRow(props: { apiToken: FragmentType<typeof ApiTokenRowFragment> }) {
  const token = () => readFragment(ApiTokenRowFragment, props.apiToken);
  const [revocation, revoke] = createMutation(RevokeApiTokenMutation);
  const [isRevoking, setRevoking] = createSignal(false);
  const confirm = async () => {
    const result = await revoke({ id: token().id });
    if (result.error) return;
    setRevoking(false);
    notify({ tone: "ok", text: words().revokedToast(token().name) });
  };
  return (
    <li class="flex flex-wrap items-center justify-between gap-3 px-4 py-3 sm:px-5">
      <div class="min-w-0">
        <p class="flex flex-wrap items-center gap-2 font-medium">
          {token().name}
          <Badge tone="plain">{roleWords()[token().role][0]}</Badge>
          <Show when={token().revokedAt}>
            <Badge tone="plain">{words().revoked}</Badge>
          </Show>
        </p>
        <p class="text-sm text-muted">
          <span class="font-mono text-xs">
            {token().prefix}…{token().lastFour}
          </span>
          , {words().lastUsed} <Ago at={token().lastUsedAt} />
          <Show when={token().expiresAt}>
            {(end) => (
              <>
                , {words().ends} {formatDay(end())}
              </>
            )}
          </Show>
        </p>
      </div>
      <Show when={!token().revokedAt}>
        <Button size="small" tone="quiet" onClick={() => setRevoking(true)}>
          {words().revoke}
        </Button>
      </Show>
      <ConfirmDialog
        open={isRevoking()}
        title={words().revokeTitle(token().name)}
        typedName={token().name}
        confirmLabel={words().revokeLabel}
        pending={revocation.fetching}
        error={revocation.error}
        onConfirm={() => void confirm()}
        onClose={() => setRevoking(false)}
      >
        {words().revokeHint}
      </ConfirmDialog>
    </li>
  );
}
