import { useLocation } from "@solidjs/router";
import { createEffect, on } from "solid-js";
import { t } from "../i18n";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";

/** Stands in for a page that failed; most often the server was updated and its old files are gone. */
export function BrokenPage(props: { onLeave: () => void }) {
  const location = useLocation();
  createEffect(
    on(
      () => location.pathname,
      () => props.onLeave(),
      { defer: true },
    ),
  );
  return (
    <div role="alert">
      <EmptyState
        title={t("shell.brokenTitle")}
        action={
          <Button tone="primary" onClick={() => window.location.reload()}>
            {t("shell.reload")}
          </Button>
        }
      >
        {t("shell.brokenHint")}
      </EmptyState>
    </div>
  );
}
