import { onCleanup } from "solid-js";

/**
 * Collects what arrives until the browser paints next, so that two hundred events a second cost sixty
 * changes at most. Nothing is painted while the page is hidden: only the newest are kept then.
 */
export function createFrameBatch<Item>(
  kept: number,
  /** Receives the collected items, oldest first, and the number of items dropped before them. */
  onBatch: (items: Item[], lost: number) => void,
): (item: Item) => void {
  let items: Item[] = [];
  let lost = 0;
  let frame: number | undefined;

  function flush() {
    const [batch, missing] = [items, lost];
    frame = undefined;
    items = [];
    lost = 0;
    onBatch(batch, missing);
  }
  onCleanup(() => frame !== undefined && cancelAnimationFrame(frame));

  return (item) => {
    items.push(item);
    // Truncated rarely and by half, so that each item is moved at most once.
    if (items.length >= kept * 2) {
      lost += items.length - kept;
      items = items.slice(-kept);
    }
    frame ??= requestAnimationFrame(flush);
  };
}
