import { createEffect } from "solid-js";

/** Keeps the browser's title in step with the page. */
export function createTitle(title: () => string | undefined) {
  createEffect(() => {
    const name = title();
    document.title = name ? `${name} · ProxyPal Server` : "ProxyPal Server";
  });
}
