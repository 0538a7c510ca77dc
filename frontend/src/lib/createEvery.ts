import { createEffect, on } from "solid-js";
import { createNow } from "./createNow";

/** Runs a function every half minute, for data without a subscription. */
export function createEvery(again: () => void) {
  const now = createNow();
  createEffect(on(now, again, { defer: true }));
}
