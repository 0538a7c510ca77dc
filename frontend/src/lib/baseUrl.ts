/** The address of something beside the app, wherever the server has put the app. */
export function urlBesideApp(path: string): URL {
  return new URL(path, document.baseURI);
}

/** The path below which the app's own pages live, without a slash at its end. */
export function appPath(): string {
  return urlBesideApp(".").pathname.replace(/\/$/, "");
}

/** A page's path without the base path, as links of the app use it; the router's paths include it. */
export function pathWithinApp(pathname: string): string {
  const base = appPath();
  const isBelow = pathname === base || pathname.startsWith(`${base}/`);
  return (isBelow ? pathname.slice(base.length) : pathname) || "/";
}
