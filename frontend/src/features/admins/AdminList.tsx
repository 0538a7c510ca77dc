import { createQuery } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { type FreshSecret, SecretDialog } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { useSession } from "../../session/SessionProvider";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Panel } from "../../ui/Panel";
import { SkeletonRows } from "../../ui/Skeleton";
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

/** Who may run the server. */
export function AdminList() {
  const { session } = useSession();
  const [admins] = createQuery({
    query: AdminsQuery,
    context: { additionalTypenames: ["Admin"] },
  });
  const [isCreating, setCreating] = createSignal(false);
  const [link, setLink] = createSignal<FreshSecret>();
  return (
    <Panel
      title={t("admins.title")}
      hint={t("admins.hint")}
      flush
      actions={
        <Button size="small" onClick={() => setCreating(true)}>
          {t("admins.create")}
        </Button>
      }
    >
      <Show when={admins.error}>
        <div class="p-4">
          <ErrorNotice error={admins.error} />
        </div>
      </Show>
      <Show when={admins.fetching && !admins.data}>
        <SkeletonRows rows={3} />
      </Show>
      <ul class="divide-y divide-line">
        <For each={admins.data?.admins}>
          {(admin) => (
            <AdminRow admin={admin} isOwn={admin.id === session()?.admin.id} onLink={setLink} />
          )}
        </For>
      </ul>
      <CreateAdminDialog open={isCreating()} onClose={() => setCreating(false)} onLink={setLink} />
      <SecretDialog fresh={link()} onDone={() => setLink(undefined)}>
        {() => (
          <p class="text-muted">
            {t("admins.inviteHint")} {t("admins.send")}
          </p>
        )}
      </SecretDialog>
    </Panel>
  );
}
