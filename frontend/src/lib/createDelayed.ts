import { type Accessor, createEffect, createSignal, on, onCleanup } from "solid-js";

/** Debounces a value, so that a search runs per word, not per letter. */
export function createDelayed<Value>(value: Accessor<Value>, delayMs: number): Accessor<Value> {
  const [delayed, setDelayed] = createSignal(value());
  createEffect(
    on(value, (next) => {
      const timer = setTimeout(() => setDelayed(() => next), delayMs);
      onCleanup(() => clearTimeout(timer));
    }),
  );
  return delayed;
}
