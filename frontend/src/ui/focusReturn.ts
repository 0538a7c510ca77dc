// Where the keyboard was before each dialog opened, the latest first: a dialog can follow another one.
const openers = new WeakMap<HTMLElement, HTMLElement[]>();

/** Records the focused element when a dialog opens, before its content takes the focus. */
export function rememberFocus(content: HTMLElement | undefined) {
  const opener = document.activeElement;
  if (!content || !(opener instanceof HTMLElement)) return;
  const below = opener.closest<HTMLElement>("[role=dialog], [role=alertdialog]");
  openers.set(content, [opener, ...((below && openers.get(below)) ?? [])]);
}

/** Restores the focus when a dialog closes; to the page if all recorded elements are gone. */
export function returnFocus(content: HTMLElement | undefined, event: Event) {
  event.preventDefault();
  // A dialog that opened since keeps the focus.
  if (document.activeElement?.closest("[role=dialog], [role=alertdialog]")) return;
  const known = (content && openers.get(content)) ?? [];
  const opener = known.find((element) => element.isConnected && element !== document.body);
  (opener ?? document.getElementById("main"))?.focus();
}

/**
 * Keeps the focus in an open dialog: what had it may be gone with an earlier step. It goes to the field that wants it, else
 * to the dialog, which screen readers then announce again.
 */
export function keepFocus(content: HTMLElement | undefined) {
  if (!content) return;
  const observer = new MutationObserver(() => {
    if (!content.isConnected) observer.disconnect();
    else if (document.activeElement === document.body)
      (content.querySelector<HTMLElement>("[autofocus]") ?? content).focus();
  });
  observer.observe(content, { childList: true, subtree: true });
}
