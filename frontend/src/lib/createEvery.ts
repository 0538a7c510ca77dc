import { createEffect, on } from "solid-js";
import { createNow } from "./createNow";

/** Does something again every half minute, where no line brings the news. */
export function createEvery(again: () => void) {
  const now = createNow();
  createEffect(on(now, again, { defer: true }));
}
