import { createMutation } from "@urql/solid";
import { createSignal, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { formatDay } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Ago } from "../../ui/Moment";
import { ROLES } from "./roles";

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
    if (!result.error) setRevoking(false);
  };
  return (
    <li class="flex flex-wrap items-center justify-between gap-3 px-4 py-3 sm:px-5">
      <div class="min-w-0">
        <p class="flex flex-wrap items-center gap-2 font-medium">
          {token().name}
          <Badge tone="plain">{ROLES[token().role].word}</Badge>
          <Show when={token().revokedAt}>
            <Badge tone="plain">revoked</Badge>
          </Show>
        </p>
        <p class="text-sm text-muted">
          <span class="font-mono text-xs">
            {token().prefix}…{token().lastFour}
          </span>
          , last used <Ago at={token().lastUsedAt} />
          <Show when={token().expiresAt}>{(end) => <>, ends {formatDay(end())}</>}</Show>
        </p>
      </div>
      <Show when={!token().revokedAt}>
        <Button size="small" tone="quiet" onClick={() => setRevoking(true)}>
          Revoke
        </Button>
      </Show>
      <ConfirmDialog
        open={isRevoking()}
        title={`Revoke “${token().name}”?`}
        confirmLabel="Revoke token"
        pending={revocation.fetching}
        error={revocation.error}
        onConfirm={() => void confirm()}
        onClose={() => setRevoking(false)}
      >
        Scripts that use this token are refused from now on. It cannot be undone.
      </ConfirmDialog>
    </li>
  );
}
