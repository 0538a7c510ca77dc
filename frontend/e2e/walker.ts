/** A control: `isDone` marks those that say that they are chosen already. */
export type Control = { label: string; isDone: boolean };

/** How a control is used: by a key once it has the focus, or by the mouse. */
export type Use = { key: string } | { x: number; y: number };

export type Walker = {
  /** The id of the open dialog or menu in front; undefined without one. */
  frontId(): string | undefined;
  /** The enabled controls in front. */
  controls(): Control[];
  /** Brings a control in front into focus; undefined if there is none with this label. */
  aim(label: string): Use | undefined;
};

declare global {
  interface Window {
    walker: Walker;
  }
}

/** Installs `window.walker`. It runs in the page, and refers to nothing outside of itself. */
export function installWalker() {
  const CONTROLS =
    "button, [role=menuitem], [role=switch], [role=tab], summary, input[type=checkbox]";
  const OVERLAYS = "[role=dialog], [role=alertdialog], [role=menu]";
  const isVisible = (element: Element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && element.checkVisibility({ visibilityProperty: true });
  };
  const overlay = () => [...document.querySelectorAll(OVERLAYS)].filter(isVisible).at(-1);
  const labelOf = (element: Element) =>
    (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 60);
  const all = () => {
    const front = overlay() ?? document.querySelector("main");
    return [...(front?.querySelectorAll<HTMLElement>(CONTROLS) ?? [])].filter(isVisible);
  };
  const isEnabled = (element: Element) => !element.matches(":disabled, [aria-disabled=true]");
  const walker: Walker = {
    frontId() {
      const front = overlay();
      return front && (front.id || "unnamed");
    },
    controls: () =>
      all()
        .filter(isEnabled)
        .map((element) => ({
          label: labelOf(element),
          isDone: element.matches(
            "[aria-pressed=true], [aria-selected=true], [aria-current], [type=submit]",
          ),
        })),
    aim(label) {
      const control = all().find((element) => labelOf(element) === label);
      if (!control || !isEnabled(control)) return undefined;
      control.scrollIntoView({ block: "center", inline: "center" });
      control.focus();
      const isKeyed = control === document.activeElement && !control.matches("[role=menuitem]");
      const { x, y, width, height } = control.getBoundingClientRect();
      if (!isKeyed) return { x: x + width / 2, y: y + height / 2 };
      return { key: control.matches("input, [role=switch]") ? "Space" : "Enter" };
    },
  };
  window.walker = walker;
}
