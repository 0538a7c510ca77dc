import type { JSX } from "solid-js";

/** An empty list: explains it and offers the next action. */
export function EmptyState(props: { title: string; children: JSX.Element; action?: JSX.Element }) {
  return (
    <div class="flex flex-col items-center gap-3 px-6 py-12 text-center">
      <p class="text-lg font-semibold">{props.title}</p>
      <div class="max-w-prose text-balance text-muted">{props.children}</div>
      {props.action}
    </div>
  );
}
