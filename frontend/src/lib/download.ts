import { urlBesideApp } from "./baseUrl";

function follow(href: string, fileName: string) {
  const link = document.createElement("a");
  link.href = href;
  link.download = fileName;
  link.click();
}

/** Leads the browser to a file that waits for it at the server; the page stays where it is. */
export function fetchFile(path: string) {
  follow(urlBesideApp(path.replace(/^\//, "")).href, "");
}

/** Hands out a text that the page has as a file. */
export function saveText(text: string, fileName: string) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  follow(url, fileName);
  // The browser has begun to read it by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
