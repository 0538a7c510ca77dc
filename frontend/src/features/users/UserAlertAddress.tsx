import { createSignal, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Fact } from "../../ui/Facts";
import { Ago } from "../../ui/Moment";
import { notify } from "../../ui/Toaster";

const UserAlertAddressFragment = graphql(`
  fragment UserAlertAddress on User {
    id
    name
    alertAddress
    alertAddressConfirmedAt
  }
`);

const RemoveUserAlertAddressMutation = graphql(`
  mutation RemoveUserAlertAddress($userId: ID!) {
    removeUserAlertAddress(userId: $userId) {
      user {
        id
        alertAddress
        alertAddressConfirmedAt
      }
    }
  }
`);

type RemoveProps = { userId: string; name: string; address: string };

function RemoveAddress(props: RemoveProps) {
  const [isOpen, setOpen] = createSignal(false);
  const [state, remove] = createMutation(RemoveUserAlertAddressMutation);

  async function confirm() {
    const result = await remove({ userId: props.userId });
    if (result.error) return;
    setOpen(false);
    notify({ tone: "ok", text: t("alertAddress.removed") });
  }

  return (
    <>
      <div class="mt-1">
        <Button size="small" onClick={() => setOpen(true)}>
          {t("alertAddress.remove")}
        </Button>
      </div>
      <ConfirmDialog
        open={isOpen()}
        title={t("alertAddress.removeTitle", { address: props.address })}
        confirmLabel={t("alertAddress.remove")}
        pending={state.fetching}
        error={state.error}
        onConfirm={() => void confirm()}
        onClose={() => setOpen(false)}
      >
        {t("alertAddress.removeOfUserHint", { name: props.name, address: props.address })}
      </ConfirmDialog>
    </>
  );
}

/** The address that a user confirmed for warnings about their quotas; nothing if there is none. */
export function UserAlertAddress(props: { user: FragmentType<typeof UserAlertAddressFragment> }) {
  const user = () => readFragment(UserAlertAddressFragment, props.user);
  return (
    <Show when={user().alertAddress}>
      {(address) => (
        <Fact name={t("alertAddress.ofUser")}>
          {address()}
          <span class="block text-sm font-normal text-muted">
            {t("alertAddress.since")} <Ago at={user().alertAddressConfirmedAt} />
          </span>
          <May do="removeUserAlertAddress">
            <RemoveAddress userId={user().id} name={user().name} address={address()} />
          </May>
        </Fact>
      )}
    </Show>
  );
}
