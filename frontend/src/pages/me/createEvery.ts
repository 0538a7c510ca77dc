import { createEffect, on } from "solid-js";
import { createNow } from "../../lib/createNow";

/** Does something again every half minute: end users have no line on which news would come. */
export function createEvery(again: () => void) {
  const now = createNow();
  createEffect(on(now, again, { defer: true }));
}
