import { createSignal, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatDay } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Ago } from "../../ui/Moment";
import { notify } from "../../ui/Toaster";

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
    notify({ tone: "ok", text: t("common.revokedNamed", { name: token().name }) });
  };
  return (
    <li class="flex flex-wrap items-center justify-between gap-3 px-4 py-3 sm:px-5">
      <div class="min-w-0">
        <p class="flex flex-wrap items-center gap-2 font-medium">
          {token().name}
          <Badge tone="plain">{t(`roles.${token().role}.label`)}</Badge>
          <Show when={token().revokedAt}>
            <Badge tone="plain">{t("tokens.revoked")}</Badge>
          </Show>
        </p>
        <p class="text-sm text-muted">
          <span class="font-mono text-xs">
            {token().prefix}…{token().lastFour}
          </span>
          ,{" "}
          <Show when={token().lastUsedAt} fallback={t("common.neverUsed")}>
            {(at) => (
              <>
                {t("common.lastUsed")} <Ago at={at()} />
              </>
            )}
          </Show>
          <Show when={token().expiresAt}>
            {(end) => (
              <>
                , {t("tokens.ends")} {formatDay(end())}
              </>
            )}
          </Show>
        </p>
      </div>
      <Show when={!token().revokedAt}>
        <Button size="small" tone="quiet" onClick={() => setRevoking(true)}>
          {t("common.revoke")}
        </Button>
      </Show>
      <ConfirmDialog
        open={isRevoking()}
        title={t("common.revokeNamed", { name: token().name })}
        typedName={token().name}
        confirmLabel={t("tokens.revokeLabel")}
        pending={revocation.fetching}
        error={revocation.error}
        onConfirm={() => void confirm()}
        onClose={() => setRevoking(false)}
      >
        {t("tokens.revokeHint")}
      </ConfirmDialog>
    </li>
  );
}
