import { Show } from "solid-js";
import { CopyButton } from "./CopyButton";

/** Text for copying, with its location and a copy button. */
export function CodeBlock(props: { code: string; place?: string }) {
  return (
    <figure
      class={`overflow-hidden rounded-lg border border-line bg-inset ${props.place ? "" : "flex flex-row-reverse items-center justify-between"}`}
    >
      <figcaption
        class={`flex items-center justify-between gap-3 p-1.5 ${props.place ? "border-b border-line pl-3" : ""}`}
      >
        <Show when={props.place}>
          <span class="min-w-0 truncate font-mono text-xs text-muted">{props.place}</span>
        </Show>
        <CopyButton text={props.code} />
      </figcaption>
      {/* A scrolling region must be reachable by keyboard. */}
      <pre tabindex="0" class="min-w-0 overflow-x-auto p-3 font-mono text-xs leading-5">
        <code>{props.code}</code>
      </pre>
    </figure>
  );
}
