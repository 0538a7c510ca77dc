import type { JSX } from "solid-js";

/** Named values side by side. */
export function Facts(props: { children: JSX.Element }) {
  return (
    <dl class="grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-3 lg:grid-cols-[repeat(auto-fit,minmax(9rem,1fr))]">
      {props.children}
    </dl>
  );
}

/** One named value. */
export function Fact(props: { name: string; wide?: boolean; children: JSX.Element }) {
  return (
    <div class={props.wide ? "col-span-full min-w-0" : "min-w-0"}>
      <dt class="text-sm text-muted">{props.name}</dt>
      <dd class="mt-0.5 font-medium break-words">{props.children}</dd>
    </div>
  );
}
