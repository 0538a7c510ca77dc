import { type JSX, Show } from "solid-js";

export type PanelProps = {
  title?: string;
  hint?: JSX.Element;
  /** Actions on the panel's content. */
  actions?: JSX.Element;
  /** Without padding, for content such as tables. */
  flush?: boolean;
  children: JSX.Element;
};

/** A section of a page. */
export function Panel(props: PanelProps) {
  return (
    <section class="min-w-0 overflow-clip rounded-xl border border-line bg-panel">
      <Show when={props.title}>
        <header class="flex min-h-14 flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-2.5 sm:px-5">
          <div class="min-w-0">
            <h2 class="text-lg font-semibold tracking-tight">{props.title}</h2>
            <Show when={props.hint}>
              <p class="text-sm text-muted">{props.hint}</p>
            </Show>
          </div>
          <Show when={props.actions}>
            <div class="flex flex-wrap items-center gap-2">{props.actions}</div>
          </Show>
        </header>
      </Show>
      <div class={props.flush ? "" : "p-4 sm:p-5"}>{props.children}</div>
    </section>
  );
}
