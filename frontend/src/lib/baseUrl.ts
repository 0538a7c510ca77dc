/** The address of a resource outside the app, relative to the base path of the server. */
export function urlBesideApp(path: string): URL {
  return new URL(path, document.baseURI);
}

/** The base path of the app's pages, without a trailing slash. */
export function appPath(): string {
  return urlBesideApp(".").pathname.replace(/\/$/, "");
}

/** A page's path without the base path, as links of the app use it; the router's paths include it. */
export function pathWithinApp(pathname: string): string {
  const base = appPath();
  const isBelow = pathname === base || pathname.startsWith(`${base}/`);
  return (isBelow ? pathname.slice(base.length) : pathname) || "/";
}
