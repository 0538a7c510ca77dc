import { createEffect } from "solid-js";

/** Sets the title of the browser tab to that of the page. */
export function createTitle(title: () => string | undefined) {
  createEffect(() => {
    const name = title();
    document.title = name ? `${name} · ProxyPal Server` : "ProxyPal Server";
  });
}
