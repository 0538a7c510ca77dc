import { Button } from "../../ui/Button";
import { createHealthCheck } from "./createHealthCheck";
import { words } from "./words";

/** Asks after all accounts that are in use. */
export function CheckAccounts() {
  const { ask, isChecking } = createHealthCheck();
  return (
    <Button pending={isChecking()} onClick={() => void ask()}>
      {words().checkAll}
    </Button>
  );
}
