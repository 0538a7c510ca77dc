import { render } from "solid-js/web";
import { App } from "./App";
import { loadLanguage } from "./i18n";
import { restoreTheme } from "./lib/theme";
import "./styles/base.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

restoreTheme();
// The session is queried in parallel; the app renders when both are loaded.
void loadLanguage().catch(() => {
  root.textContent = "ProxyPal Server could not be loaded. Reload this page. / Hãy tải lại trang.";
});
render(() => <App />, root);
