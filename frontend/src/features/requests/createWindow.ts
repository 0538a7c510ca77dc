import { createSignal, onCleanup, onMount } from "solid-js";

/** Rows that stand ready above and below what is in view. */
const SPARE = 8;
/** Until the box was measured. */
const USUAL_HEIGHT = 600;

/** Which rows of a long list are in view, by the place of the box that scrolls. */
export function createWindow(
  box: () => HTMLElement | undefined,
  rowHeight: () => number,
  /** The box has another size. */
  onResize: () => void,
) {
  const [top, setTop] = createSignal(0);
  const [height, setHeight] = createSignal(USUAL_HEIGHT);

  /** Looks where the box stands, and tells how far it is scrolled. */
  function measure(): number {
    const element = box();
    setTop(element?.scrollTop ?? 0);
    if (element?.clientHeight) setHeight(element.clientHeight);
    return top();
  }
  onMount(() => {
    const element = box();
    if (!element || typeof ResizeObserver === "undefined") return;
    const watcher = new ResizeObserver(onResize);
    watcher.observe(element);
    onCleanup(() => watcher.disconnect());
  });
  return {
    /** The first row that is in the page. */
    first: () => Math.max(0, Math.floor(top() / rowHeight()) - SPARE),
    /** The first one below that is not. */
    last: () => Math.ceil((top() + height()) / rowHeight()) + SPARE,
    /** How many rows a page key moves by. */
    page: () => Math.max(1, Math.floor(height() / rowHeight()) - 2),
    measure,
  };
}
