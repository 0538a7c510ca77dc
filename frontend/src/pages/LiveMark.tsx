import { Show } from "solid-js";
import { t } from "../i18n";
import { useSession } from "../session/SessionProvider";

/** Shows whether the page currently receives live updates from the server. */
export function LiveMark() {
  const { connection } = useSession();
  return (
    <span class="inline-flex items-center gap-2 text-sm text-muted" role="status">
      <Show
        when={connection() === "open"}
        fallback={
          <>
            <span class="size-2 rounded-full bg-warn" aria-hidden="true" />
            {t("pages.connecting")}
          </>
        }
      >
        <span class="size-2 rounded-full bg-ok" aria-hidden="true" />
        {t("pages.live")}
      </Show>
    </span>
  );
}
