import { createSignal, onCleanup } from "solid-js";
import { theme } from "../../lib/theme";

/** Changes whenever the colours of the page do: by the theme that is chosen, or by the device's own. */
export function createScheme(): () => string {
  const device = window.matchMedia?.("(prefers-color-scheme: dark)");
  const [isDark, setDark] = createSignal(device?.matches ?? false);
  const follow = () => setDark(device?.matches ?? false);
  device?.addEventListener("change", follow);
  onCleanup(() => device?.removeEventListener("change", follow));
  const scheme = () => `${theme()} ${isDark()}`;
  return scheme;
}
