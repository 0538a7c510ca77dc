import { createSignal, onCleanup } from "solid-js";

const SHOWN_MS = 2000;

/** How the last attempt to copy went. */
export type Copied = "no" | "yes" | "failed";

/** Copies text, and reports the outcome for a moment. */
export function createCopied(): [() => Copied, (text: string) => Promise<void>] {
  const [copied, setCopied] = createSignal<Copied>("no");
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));

  async function copy(text: string) {
    // There is no clipboard on a plain-http address other than localhost.
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setCopied(done ? "yes" : "failed");
    clearTimeout(timer);
    timer = setTimeout(() => setCopied("no"), SHOWN_MS);
  }
  return [copied, copy];
}
