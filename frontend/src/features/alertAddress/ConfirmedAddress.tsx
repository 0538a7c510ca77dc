import { createSignal, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Fact, Facts } from "../../ui/Facts";
import { Ago } from "../../ui/Moment";
import { notify } from "../../ui/Toaster";

const RemoveOwnAlertAddressMutation = graphql(`
  mutation RemoveOwnAlertAddress {
    removeOwnAlertAddress {
      alertAddress {
        address
        pending {
          address
        }
      }
    }
  }
`);

type ConfirmedAddressProps = {
  address: string;
  confirmedAt: string | null | undefined;
  /** Without it, the address can only be removed. */
  onChange?: () => void;
};

/** The address in use, and buttons to change or remove it. */
export function ConfirmedAddress(props: ConfirmedAddressProps) {
  const [isRemoving, setRemoving] = createSignal(false);
  const [state, remove] = createMutation(RemoveOwnAlertAddressMutation);

  async function confirm() {
    const result = await remove({});
    if (result.error) return;
    setRemoving(false);
    notify({ tone: "ok", text: t("alertAddress.removed") });
  }

  return (
    <>
      <Facts>
        <Fact name={t("alertAddress.address")}>{props.address}</Fact>
        <Show when={props.confirmedAt}>
          {(at) => (
            <Fact name={t("alertAddress.since")}>
              <Ago at={at()} />
            </Fact>
          )}
        </Show>
      </Facts>
      <div class="flex flex-wrap items-center gap-2">
        <Show when={props.onChange}>
          {(change) => (
            <Button size="small" onClick={() => change()()}>
              {t("alertAddress.change")}
            </Button>
          )}
        </Show>
        <Button size="small" onClick={() => setRemoving(true)}>
          {t("alertAddress.remove")}
        </Button>
      </div>
      <ConfirmDialog
        open={isRemoving()}
        title={t("alertAddress.removeTitle", { address: props.address })}
        confirmLabel={t("alertAddress.remove")}
        pending={state.fetching}
        error={state.error}
        onConfirm={() => void confirm()}
        onClose={() => setRemoving(false)}
      >
        {t("alertAddress.removeHint")}
      </ConfirmDialog>
    </>
  );
}
