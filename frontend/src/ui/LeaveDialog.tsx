import { type BeforeLeaveEventArgs, useBeforeLeave } from "@solidjs/router";
import { createSignal, onCleanup, onMount } from "solid-js";
import { t } from "../i18n";
import { ConfirmDialog } from "./ConfirmDialog";

/** The confirmation before unsaved changes are lost by following a link or closing the window. */
export function LeaveDialog(props: { isDirty: boolean }) {
  const [leaving, setLeaving] = createSignal<BeforeLeaveEventArgs>();
  useBeforeLeave((event) => {
    if (!props.isDirty || event.defaultPrevented) return;
    event.preventDefault();
    setLeaving(event);
  });
  const guard = (event: BeforeUnloadEvent) => {
    if (props.isDirty) event.preventDefault();
  };
  onMount(() => window.addEventListener("beforeunload", guard));
  onCleanup(() => window.removeEventListener("beforeunload", guard));

  return (
    <ConfirmDialog
      open={leaving() !== undefined}
      title={t("settings.leaveTitle")}
      confirmLabel={t("settings.leave")}
      pending={false}
      error={undefined}
      onConfirm={() => {
        const event = leaving();
        setLeaving(undefined);
        event?.retry(true);
      }}
      onClose={() => setLeaving(undefined)}
    >
      {t("settings.leaveHint")}
    </ConfirmDialog>
  );
}
