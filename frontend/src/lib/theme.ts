import { createSignal } from "solid-js";

/** The chosen theme; "system" follows the device. */
export type Theme = "system" | "light" | "dark";

const STORE = "proxypal.theme";

function storedTheme(): Theme {
  const stored = localStorage.getItem(STORE);
  return stored === "light" || stored === "dark" ? stored : "system";
}

const [theme, setTheme] = createSignal<Theme>(storedTheme());

function apply(chosen: Theme) {
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

/** Applies the theme chosen on an earlier visit. */
export function restoreTheme() {
  apply(theme());
}

/** The current theme. */
export { theme };

/** Changes the theme, and stores it for the next visit. */
export function chooseTheme(chosen: Theme) {
  localStorage.setItem(STORE, chosen);
  setTheme(chosen);
  apply(chosen);
}
