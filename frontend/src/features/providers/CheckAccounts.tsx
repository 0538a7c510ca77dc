import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { Button } from "../../ui/Button";
import { createHealthCheck } from "./createHealthCheck";

function CheckButton() {
  const { ask, isChecking } = createHealthCheck();
  return (
    <Button pending={isChecking()} onClick={() => void ask()}>
      {t("providers.checkAll")}
    </Button>
  );
}

/** Checks all accounts that are in use. */
export function CheckAccounts() {
  return (
    <May do="checkProviderHealth">
      <CheckButton />
    </May>
  );
}
