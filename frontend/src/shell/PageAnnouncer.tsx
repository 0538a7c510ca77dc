import { useLocation } from "@solidjs/router";
import { createEffect, createSignal, on } from "solid-js";
import { pageTitle } from "../lib/createTitle";

/**
 * Announces each page that the reader goes to, as a browser does when it loads a document. The focus moves to the
 * page only if the control that had it is gone.
 */
export function PageAnnouncer() {
  const location = useLocation();
  const [announced, setAnnounced] = createSignal("");
  let isMoved = false;
  createEffect(
    on(
      () => location.pathname + location.search,
      () => {
        isMoved = true;
        // After the dialogs of the previous page have restored the focus.
        setTimeout(() => {
          const { activeElement, body } = document;
          if (!activeElement || activeElement === body) document.getElementById("main")?.focus();
        });
      },
      { defer: true },
    ),
  );
  createEffect(on(pageTitle, (title) => isMoved && setAnnounced(title), { defer: true }));
  return (
    <p aria-live="polite" data-live-announcer class="sr-only">
      {announced()}
    </p>
  );
}
