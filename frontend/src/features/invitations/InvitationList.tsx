import { createQuery } from "@urql/solid";
import Link from "lucide-solid/icons/link";
import { createSignal, For } from "solid-js";
import { type FreshSecret, SecretDialog } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ListPanel } from "../../ui/ListPanel";
import { CreateInvitationDialog } from "./CreateInvitationDialog";
import { InvitationRow } from "./InvitationRow";

const UserInvitationsQuery = graphql(`
  query UserInvitations($userId: ID!) {
    userInvitations(userId: $userId) {
      id
      ...InvitationRow
    }
  }
`);

/** The one-time links with which a user gets a key. */
export function InvitationList(props: { userId: string }) {
  const [isCreating, setCreating] = createSignal(false);
  const [fresh, setFresh] = createSignal<FreshSecret>();
  const [invitations] = createQuery({
    query: UserInvitationsQuery,
    variables: () => ({ userId: props.userId }),
    context: { additionalTypenames: ["UserInvitation"] },
  });

  return (
    <>
      <ListPanel
        title={t("invitations.title")}
        hint={t("invitations.hint")}
        actions={
          <May do="createUserInvitation">
            <Button size="small" onClick={() => setCreating(true)}>
              <Link class="size-4" aria-hidden="true" />
              {t("invitations.create")}
            </Button>
          </May>
        }
        error={invitations.error}
        count={invitations.data?.userInvitations.length}
        usual={1}
        empty={<EmptyState title={t("invitations.none")}>{t("invitations.noneHint")}</EmptyState>}
      >
        <ul class="divide-y divide-line">
          <For each={invitations.data?.userInvitations}>
            {(invitation) => <InvitationRow invitation={invitation} />}
          </For>
        </ul>
      </ListPanel>
      <May do="createUserInvitation">
        <CreateInvitationDialog
          userId={props.userId}
          open={isCreating()}
          onClose={() => setCreating(false)}
          onFresh={setFresh}
        />
      </May>
      <SecretDialog fresh={fresh()} onDone={() => setFresh(undefined)}>
        {() => <p class="text-muted">{t("invitations.passOn")}</p>}
      </SecretDialog>
    </>
  );
}
