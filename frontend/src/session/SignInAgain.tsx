import { onCleanup, onMount } from "solid-js";
import { t } from "../i18n";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { PasswordForm } from "./PasswordForm";
import { useSession } from "./SessionProvider";

/** Asks for the password above the page on which a session ended, so that typed values are not lost. */
export function SignInAgain() {
  const { isLocked, leave, refresh } = useSession();
  // The administrator may have signed in again in another tab.
  const look = () => {
    if (isLocked()) void refresh();
  };
  onMount(() => window.addEventListener("focus", look));
  onCleanup(() => window.removeEventListener("focus", look));

  return (
    <Dialog
      open={isLocked()}
      locked
      title={t("session.endedTitle")}
      description={t("session.endedHint")}
      onClose={() => {}}
    >
      <div class="flex flex-col gap-4">
        <PasswordForm />
        <Button tone="quiet" onClick={leave}>
          {t("session.leave")}
        </Button>
      </div>
    </Dialog>
  );
}
