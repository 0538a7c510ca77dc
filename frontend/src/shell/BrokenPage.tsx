import { useLocation } from "@solidjs/router";
import { createEffect, on } from "solid-js";
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
        title="This page could not be shown"
        action={
          <Button tone="primary" onClick={() => window.location.reload()}>
            Reload
          </Button>
        }
      >
        The server may have been updated while this page was open. Reloading fetches the new one.
      </EmptyState>
    </div>
  );
}
