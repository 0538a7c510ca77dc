import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { createHealthCheck } from "./createHealthCheck";

/** Checks all accounts that are in use. */
export function CheckAccounts() {
  const { ask, isChecking } = createHealthCheck();
  return (
    <Button pending={isChecking()} onClick={() => void ask()}>
      {t("providers.checkAll")}
    </Button>
  );
}
