import { Show } from "solid-js";
import { useSession } from "../session/SessionProvider";
import { words } from "./words";

/** Says whether what is shown follows the server right now. */
export function LiveMark() {
  const { connection } = useSession();
  return (
    <span class="inline-flex items-center gap-2 text-sm text-muted" role="status">
      <Show
        when={connection() === "open"}
        fallback={
          <>
            <span class="size-2 rounded-full bg-warn" aria-hidden="true" />
            {words().connecting}
          </>
        }
      >
        <span class="size-2 rounded-full bg-ok" aria-hidden="true" />
        {words().live}
      </Show>
    </span>
  );
}
