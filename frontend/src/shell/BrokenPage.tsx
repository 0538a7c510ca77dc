import { useLocation } from "@solidjs/router";
import { createEffect, createSignal, on, onCleanup, onMount } from "solid-js";
import { t } from "../i18n";
import { appPath } from "../lib/baseUrl";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";

const PROBE_INTERVAL_MS = 2000;

async function isReachable(): Promise<boolean> {
  try {
    await fetch(`${appPath()}/healthz`, { cache: "no-store" });
    return true;
  } catch {
    return false;
  }
}

/**
 * Replaces a page that failed to load: either the server cannot be reached, and the page is loaded as soon
 * as it is back; or the server was updated and the old files are gone.
 */
export function BrokenPage(props: { onLeave: () => void }) {
  const location = useLocation();
  const [isOffline, setOffline] = createSignal(false);
  createEffect(
    on(
      () => location.pathname,
      () => props.onLeave(),
      { defer: true },
    ),
  );

  let timer: number | undefined;
  async function probe() {
    if (await isReachable()) {
      // A browser caches the failed import, so only a new document retries it.
      if (isOffline()) window.location.reload();
      return;
    }
    setOffline(true);
    timer = window.setTimeout(() => void probe(), PROBE_INTERVAL_MS);
  }
  onMount(() => void probe());
  onCleanup(() => window.clearTimeout(timer));

  return (
    <div role="alert">
      <EmptyState
        title={isOffline() ? t("shell.offlineTitle") : t("shell.brokenTitle")}
        action={
          <Button tone="primary" onClick={() => window.location.reload()}>
            {t("shell.reload")}
          </Button>
        }
      >
        {isOffline() ? t("shell.offlineHint") : t("shell.brokenHint")}
      </EmptyState>
    </div>
  );
}
