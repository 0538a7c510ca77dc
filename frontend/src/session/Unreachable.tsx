import { Button } from "../ui/Button";
import { Gate } from "./Gate";
import { useSession } from "./SessionProvider";
import { words } from "./words";

/** Stands in for every page while the server has never answered. */
export function Unreachable() {
  const { refresh } = useSession();
  return (
    <Gate title={words().unreachable}>
      <p class="text-muted">{words().unreachableHint}</p>
      <Button tone="primary" onClick={() => void refresh()}>
        {words().tryAgain}
      </Button>
    </Gate>
  );
}
