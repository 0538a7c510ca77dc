import { createSignal, For, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { CopyLimitsDialog, SetLimitsDialog } from "../../limits";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { notify, notifyError } from "../../ui/Toaster";
import { SetUsersEnabledMutation } from "./createEnabling";

type ChosenUser = { id: string; name: string };
type BarProps = { users: readonly ChosenUser[]; onClear: () => void };

function Actions(props: BarProps) {
  const [switching, setUsersEnabled] = createMutation(SetUsersEnabledMutation);
  const [open, setOpen] = createSignal<"disable" | "limits" | "copy">();
  const close = () => setOpen(undefined);
  const done = () => {
    close();
    props.onClear();
  };
  const ids = () => props.users.map((user) => user.id);

  async function enable(enabled: boolean) {
    const count = props.users.length;
    const { error } = await setUsersEnabled({ ids: ids(), enabled });
    if (error) {
      if (enabled) notifyError(error);
      return;
    }
    const text = enabled ? t("users.enabledMany", { count }) : t("users.disabledMany", { count });
    notify({ tone: "ok", text });
    done();
  }

  return (
    <>
      <Show when={props.users.length > 0}>
        <Button size="small" pending={switching.fetching} onClick={() => void enable(true)}>
          {t("users.enable")}
        </Button>
        <Button size="small" onClick={() => setOpen("disable")}>
          {t("users.disableMore")}
        </Button>
        <Button size="small" onClick={() => setOpen("limits")}>
          {t("users.setLimits")}
        </Button>
        <Button size="small" onClick={() => setOpen("copy")}>
          {t("users.copyLimits")}
        </Button>
      </Show>
      <ConfirmDialog
        open={open() === "disable"}
        title={t("users.disableMany", { count: props.users.length })}
        confirmLabel={t("users.disable")}
        pending={switching.fetching}
        error={switching.error}
        onConfirm={() => void enable(false)}
        onClose={close}
      >
        <p>{t("users.disableManyHint")}</p>
        {/* Reachable by keyboard, so that a long list can be read. */}
        <ul
          tabindex="0"
          aria-label={t("users.users")}
          class="mt-3 max-h-48 overflow-y-auto rounded-lg border border-line px-3 py-2 text-sm text-ink"
        >
          <For each={props.users}>{(user) => <li class="py-0.5">{user.name}</li>}</For>
        </ul>
      </ConfirmDialog>
      <SetLimitsDialog userIds={ids()} open={open() === "limits"} onDone={done} onClose={close} />
      <CopyLimitsDialog userIds={ids()} open={open() === "copy"} onDone={done} onClose={close} />
    </>
  );
}

/** The number of users, or what can be done with those that are chosen. */
export function UserBulkBar(props: BarProps & { count: number }) {
  return (
    <div
      role="status"
      class="flex min-h-11 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5 text-sm text-muted sm:px-5"
    >
      <Show when={props.users.length > 0} fallback={t("users.count", { count: props.count })}>
        <span class="text-ink">{t("users.chosen", { count: props.users.length })}</span>
      </Show>
      <May do="applyLimits">
        <Actions users={props.users} onClear={props.onClear} />
      </May>
      <Show when={props.users.length > 0}>
        <Button size="small" tone="quiet" onClick={() => props.onClear()}>
          {t("users.chooseNone")}
        </Button>
      </Show>
    </div>
  );
}
