import { createSignal, onCleanup } from "solid-js";

const STEP_MS = 30_000;

const [now, setNow] = createSignal(new Date());
let readers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** The current time, updated for texts such as "3 minutes ago"; all readers share one timer. */
export function createNow(): () => Date {
  if (readers === 0) {
    setNow(new Date());
    timer = setInterval(() => setNow(new Date()), STEP_MS);
  }
  readers += 1;
  onCleanup(() => {
    readers -= 1;
    if (readers === 0) clearInterval(timer);
  });
  return now;
}
