import { render } from "solid-js/web";
import { App } from "./App";
import { restoreTheme } from "./lib/theme";
import { restoreLanguage } from "./lib/words";
import "./styles/base.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

restoreTheme();
restoreLanguage();
render(() => <App />, root);
