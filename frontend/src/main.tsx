import { render } from "solid-js/web";
import { App } from "./App";
import { restoreTheme } from "./lib/theme";
import "./styles/base.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

restoreTheme();
render(() => <App />, root);
