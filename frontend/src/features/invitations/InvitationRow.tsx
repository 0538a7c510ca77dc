import { createSignal, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import type { InvitationRowFragment as Invitation } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { formatDay } from "../../lib/format";
import { Badge, type BadgeTone } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { notify } from "../../ui/Toaster";

const InvitationRowFragment = graphql(`
  fragment InvitationRow on UserInvitation {
    id
    state
    createdAt
    expiresAt
    revokedAt
    usedAt
    allowedModels
    apiKeyExpiresAt
  }
`);

const RevokeUserInvitationMutation = graphql(`
  mutation RevokeUserInvitation($id: ID!) {
    revokeUserInvitation(id: $id) {
      invitation {
        id
        state
        revokedAt
      }
    }
  }
`);

const TONES: Record<Invitation["state"], BadgeTone> = {
  PENDING: "info",
  USED: "ok",
  REVOKED: "plain",
  EXPIRED: "warn",
};

/** The time that matters in this state. */
function since(invitation: Invitation): string {
  const { state, usedAt, revokedAt, expiresAt } = invitation;
  if (state === "USED" && usedAt) return t("invitations.usedAt", { at: formatDay(usedAt) });
  if (state === "REVOKED" && revokedAt)
    return t("invitations.revokedAt", { at: formatDay(revokedAt) });
  return t("invitations.expiresAt", { at: formatDay(expiresAt) });
}

/** One invitation of a user. */
export function InvitationRow(props: { invitation: FragmentType<typeof InvitationRowFragment> }) {
  const invitation = () => readFragment(InvitationRowFragment, props.invitation);
  return (
    <li class="flex flex-wrap items-center justify-between gap-3 px-4 py-3 sm:px-5">
      <div class="min-w-0">
        <p class="flex flex-wrap items-center gap-2 font-medium">
          {t("invitations.createdAt", { at: formatDay(invitation().createdAt) })}
          <Badge tone={TONES[invitation().state]}>
            {t(`invitations.states.${invitation().state}`)}
          </Badge>
        </p>
        <p class="text-sm text-muted">
          {since(invitation())}
          <Show when={invitation().apiKeyExpiresAt}>
            {(end) => <> · {t("invitations.keyEnds", { day: formatDay(end()) })}</>}
          </Show>
          <Show when={invitation().allowedModels}>{(models) => <> · {models().join(", ")}</>}</Show>
        </p>
      </div>
      <May do="revokeUserInvitation">
        <Show when={invitation().state === "PENDING"}>
          <Revoke id={invitation().id} />
        </Show>
      </May>
    </li>
  );
}

function Revoke(props: { id: string }) {
  const [revocation, revoke] = createMutation(RevokeUserInvitationMutation);
  const [isRevoking, setRevoking] = createSignal(false);
  async function confirm() {
    const result = await revoke({ id: props.id });
    if (result.error) return;
    setRevoking(false);
    notify({ tone: "ok", text: t("invitations.revoked") });
  }
  return (
    <>
      <Button size="small" tone="quiet" onClick={() => setRevoking(true)}>
        {t("common.revoke")}
      </Button>
      <ConfirmDialog
        open={isRevoking()}
        title={t("invitations.revokeTitle")}
        confirmLabel={t("invitations.revokeLabel")}
        pending={revocation.fetching}
        error={revocation.error}
        onConfirm={() => void confirm()}
        onClose={() => setRevoking(false)}
      >
        {t("invitations.revokeHint")}
      </ConfirmDialog>
    </>
  );
}
