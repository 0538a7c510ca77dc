import { type Accessor, createMemo, createSignal, onCleanup } from "solid-js";

const SECOND = 1000;

/** The whole seconds until a time, counting down to zero. */
export function createCountdown(until: Accessor<string>): Accessor<number> {
  const [now, setNow] = createSignal(Date.now());
  const timer = setInterval(() => setNow(Date.now()), SECOND);
  onCleanup(() => clearInterval(timer));
  const left = createMemo(() => Math.max(0, Math.ceil((Date.parse(until()) - now()) / SECOND)));
  return left;
}
