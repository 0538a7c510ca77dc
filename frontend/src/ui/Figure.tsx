import { type JSX, Show } from "solid-js";

type FigureProps = {
  name: string;
  /** An explanation below the figure. */
  note?: JSX.Element;
  title?: string;
  children: JSX.Element;
};

/** One prominent number. */
export function Figure(props: FigureProps) {
  return (
    <div class="flex min-w-0 flex-col gap-1 bg-panel p-4 sm:px-5">
      <dt class="text-sm text-muted">{props.name}</dt>
      <dd title={props.title} class="truncate text-2xl font-semibold tracking-tight">
        {props.children}
      </dd>
      <Show when={props.note}>
        {/* Room for two lines, of which one often comes with the data. */}
        <dd class="min-h-10 text-sm text-muted">{props.note}</dd>
      </Show>
    </div>
  );
}

/** Numbers side by side, separated by thin lines. */
export function Figures(props: { children: JSX.Element }) {
  return (
    <dl class="grid gap-px overflow-hidden rounded-xl border border-line bg-line sm:grid-cols-2 xl:grid-cols-4">
      {props.children}
    </dl>
  );
}
