import { type JSX, Show } from "solid-js";
import { createTitle } from "../lib/createTitle";

/** A page: its title, what can be done on it, and its parts one below the other. */
export function Page(props: {
  title: string;
  hint?: JSX.Element;
  actions?: JSX.Element;
  children: JSX.Element;
}) {
  createTitle(() => props.title);
  return (
    <div class="flex flex-col gap-5">
      <header class="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <div class="min-w-0">
          <h1 class="text-2xl font-semibold tracking-tight break-words">{props.title}</h1>
          <Show when={props.hint}>
            <p class="mt-1 text-muted">{props.hint}</p>
          </Show>
        </div>
        <Show when={props.actions}>
          <div class="flex flex-wrap items-center gap-2">{props.actions}</div>
        </Show>
      </header>
      {props.children}
    </div>
  );
}
