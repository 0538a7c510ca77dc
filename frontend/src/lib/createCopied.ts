import { createSignal, onCleanup } from "solid-js";

const SHOWN_MS = 2000;

/** The result of the last attempt to copy. */
export type Copied = "no" | "yes" | "failed";

/** Copies text, and reports the result for a moment. */
export function createCopied(): [() => Copied, (text: string) => Promise<void>] {
  const [copied, setCopied] = createSignal<Copied>("no");
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));

  async function copy(text: string) {
    // The clipboard is unavailable on plain HTTP except on localhost.
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
