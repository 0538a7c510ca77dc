/** The address of something beside the app, wherever the server has put the app. */
export function urlBesideApp(path: string): URL {
  return new URL(path, document.baseURI);
}

/** The path below which the app's own pages live, without a slash at its end. */
export function appPath(): string {
  return urlBesideApp(".").pathname.replace(/\/$/, "");
}
