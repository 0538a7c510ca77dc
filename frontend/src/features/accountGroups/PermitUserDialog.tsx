import { useClient } from "@urql/solid";
import { createSignal, Show } from "solid-js";
import {
  AccountAccessQuery,
  CHANGES_GROUPS,
  SetAccountAccessMutation,
} from "../../accountGroups/accountAccess";
import { createMutation } from "../../graphql/createMutation";
import { t } from "../../i18n";
import { UserPicker } from "../../pickers/UserPicker";
import { Dialog } from "../../ui/Dialog";
import { MutationForm } from "../../ui/MutationDialog";
import { notify, notifyError } from "../../ui/Toaster";

type PermitUserProps = { group: { id: string; name: string }; onClose: () => void };

function PermitUserForm(props: PermitUserProps) {
  const client = useClient();
  const [change, set] = createMutation(SetAccountAccessMutation);
  const [userId, setUser] = createSignal<string>();

  async function submit() {
    const id = userId();
    if (!id) return;
    const group = props.group;
    const options = { requestPolicy: "network-only" } as const;
    const present = await client.query(AccountAccessQuery, { userId: id }, options);
    if (present.error) return notifyError(present.error);
    const user = present.data?.user;
    if (!user) return;
    const own = user.accountAccess.ownGroups?.map((each) => each.id) ?? [];
    const accountGroupIds = [...new Set([...own, group.id])];
    const input = { subject: { userId: id }, accountGroupIds };
    const { error } = await set({ input, expectedVersion: user.version }, CHANGES_GROUPS);
    if (error) return;
    props.onClose();
    const text = t("accountGroups.permitted", { name: user.name, group: group.name });
    notify({ tone: "ok", text });
  }

  return (
    <MutationForm
      mutation={change}
      submit={t("accountGroups.permit")}
      disabled={!userId()}
      onSubmit={() => void submit()}
      onClose={props.onClose}
    >
      <div class="flex min-w-0 flex-col gap-1.5">
        <span class="font-medium" aria-hidden="true">
          {t("common.user")}
        </span>
        <UserPicker label={t("common.user")} value={userId()} tall onChoose={setUser} />
      </div>
    </MutationForm>
  );
}

/** Adds a group to the groups of a user. */
export function PermitUserDialog(props: PermitUserProps & { open: boolean }) {
  return (
    <Dialog
      open={props.open}
      title={t("accountGroups.permitUser")}
      description={t("accountGroups.permitHint")}
      onClose={props.onClose}
    >
      <Show when={props.open}>
        <PermitUserForm group={props.group} onClose={props.onClose} />
      </Show>
    </Dialog>
  );
}
