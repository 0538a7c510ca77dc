import { t } from "../i18n";
import { Button } from "../ui/Button";
import { Gate } from "./Gate";
import { useSession } from "./SessionProvider";

/** Replaces every page until the server has responded once. */
export function Unreachable() {
  const { refresh } = useSession();
  return (
    <Gate title={t("session.unreachable")}>
      <p class="text-muted">{t("session.unreachableHint")}</p>
      <Button tone="primary" onClick={() => void refresh()}>
        {t("session.tryAgain")}
      </Button>
    </Gate>
  );
}
