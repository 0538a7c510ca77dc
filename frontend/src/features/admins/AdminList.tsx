import { createQuery } from "@urql/solid";
import { createSignal, For } from "solid-js";
import { type FreshSecret, SecretDialog } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { useSession } from "../../session/SessionProvider";
import { Button } from "../../ui/Button";
import { ListPanel } from "../../ui/ListPanel";
import { AdminRow } from "./AdminRow";
import { CreateAdminDialog } from "./CreateAdminDialog";

const AdminsQuery = graphql(`
  query Admins {
    admins {
      id
      ...AdminRow
    }
  }
`);

/** The administrators of the server. */
export function AdminList() {
  const { session } = useSession();
  const [admins] = createQuery({
    query: AdminsQuery,
    context: { additionalTypenames: ["Admin"] },
  });
  const [isCreating, setCreating] = createSignal(false);
  const [link, setLink] = createSignal<FreshSecret>();
  return (
    <>
      <ListPanel
        title={t("admins.title")}
        hint={t("admins.hint")}
        actions={
          <Button size="small" onClick={() => setCreating(true)}>
            {t("admins.create")}
          </Button>
        }
        error={admins.error}
        count={admins.data?.admins.length}
        usual={3}
        // There is always an owner.
        empty={null}
      >
        <ul class="divide-y divide-line">
          <For each={admins.data?.admins}>
            {(admin) => (
              <AdminRow admin={admin} isOwn={admin.id === session()?.admin.id} onLink={setLink} />
            )}
          </For>
        </ul>
      </ListPanel>
      <CreateAdminDialog open={isCreating()} onClose={() => setCreating(false)} onLink={setLink} />
      <SecretDialog fresh={link()} onDone={() => setLink(undefined)}>
        {() => (
          <p class="text-muted">
            {t("admins.inviteHint")} {t("admins.send")}
          </p>
        )}
      </SecretDialog>
    </>
  );
}
