// Where the keyboard was before each dialog opened, the latest first: a dialog can follow another one.
const openers = new WeakMap<HTMLElement, HTMLElement[]>();

/** Notes what has the focus while a dialog opens, before its own content takes it. */
export function rememberFocus(content: HTMLElement | undefined) {
  const opener = document.activeElement;
  if (!content || !(opener instanceof HTMLElement)) return;
  const below = opener.closest<HTMLElement>("[role=dialog], [role=alertdialog]");
  openers.set(content, [opener, ...((below && openers.get(below)) ?? [])]);
}

/** Gives the focus back when a dialog closes; to the page where all that had it are gone. */
export function returnFocus(content: HTMLElement | undefined, event: Event) {
  event.preventDefault();
  // A dialog that opened meanwhile keeps what it has.
  if (document.activeElement?.closest("[role=dialog], [role=alertdialog]")) return;
  const known = (content && openers.get(content)) ?? [];
  const opener = known.find((element) => element.isConnected && element !== document.body);
  (opener ?? document.getElementById("main"))?.focus();
}
