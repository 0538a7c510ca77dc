import { Button } from "../ui/Button";
import { Gate } from "./Gate";
import { useSession } from "./SessionProvider";

/** Stands in for every page while the server has never answered. */
export function Unreachable() {
  const { refresh } = useSession();
  return (
    <Gate title="The server does not answer">
      <p class="text-muted">
        Check that ProxyPal Server is running and that this address leads to it, then try again.
      </p>
      <Button tone="primary" onClick={() => void refresh()}>
        Try again
      </Button>
    </Gate>
  );
}
