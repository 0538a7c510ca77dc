import { createSignal, onCleanup } from "solid-js";
import { theme } from "../../lib/theme";

/** Changes with the colour scheme: the chosen theme or that of the device. */
export function createScheme(): () => string {
  const device = window.matchMedia?.("(prefers-color-scheme: dark)");
  const [isDark, setDark] = createSignal(device?.matches ?? false);
  const follow = () => setDark(device?.matches ?? false);
  device?.addEventListener("change", follow);
  onCleanup(() => device?.removeEventListener("change", follow));
  const scheme = () => `${theme()} ${isDark()}`;
  return scheme;
}
