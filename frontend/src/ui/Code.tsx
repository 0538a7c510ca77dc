import type { JSX } from "solid-js";

/** A technical name or value within a sentence. */
export function Code(props: { children: JSX.Element }) {
  return (
    <code class="rounded bg-inset px-1 py-px font-mono text-[0.93em] text-ink ring-1 ring-line ring-inset">
      {props.children}
    </code>
  );
}
