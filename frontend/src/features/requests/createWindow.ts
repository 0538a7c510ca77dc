import { createSignal, onCleanup, onMount } from "solid-js";

/** Rows rendered above and below the visible ones. */
const SPARE = 8;
/** Until the element is measured. */
const USUAL_HEIGHT = 600;

/** The visible rows of a long list, from the scroll offset of its element. */
export function createWindow(
  box: () => HTMLElement | undefined,
  rowHeight: () => number,
  /** Call when the element is resized. */
  onResize: () => void,
) {
  const [top, setTop] = createSignal(0);
  const [height, setHeight] = createSignal(USUAL_HEIGHT);

  /** Measures the element, and returns its scroll offset. */
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
    /** The index of the first rendered row. */
    first: () => Math.max(0, Math.floor(top() / rowHeight()) - SPARE),
    /** The index after the last rendered row. */
    last: () => Math.ceil((top() + height()) / rowHeight()) + SPARE,
    /** The number of rows per page key. */
    page: () => Math.max(1, Math.floor(height() / rowHeight()) - 2),
    measure,
  };
}
