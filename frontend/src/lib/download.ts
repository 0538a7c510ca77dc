import { urlBesideApp } from "./baseUrl";

function follow(href: string, fileName: string) {
  const link = document.createElement("a");
  link.href = href;
  link.download = fileName;
  link.click();
}

/** Starts a download from the server without leaving the page. */
export function fetchFile(path: string) {
  follow(urlBesideApp(path.replace(/^\//, "")).href, "");
}

/** Saves a text as a file. */
export function saveText(text: string, fileName: string, type = "application/json") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  follow(url, fileName);
  // The browser has started reading it by then.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
