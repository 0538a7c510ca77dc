import { A } from "@solidjs/router";
import ChevronLeft from "lucide-solid/icons/chevron-left";
import { type JSX, Show } from "solid-js";
import { createTitle } from "../lib/createTitle";

type PageProps = {
  title: string;
  hint?: JSX.Element;
  /** A status next to the title. */
  badge?: JSX.Element;
  /** The list that contains the object of this page. */
  trail?: { href: string; label: string };
  actions?: JSX.Element;
  children: JSX.Element;
};

/** A page with its title, actions and sections. */
export function Page(props: PageProps) {
  createTitle(() => props.title);
  return (
    <div class="in-turn flex flex-col gap-5">
      <header class="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <div class="min-w-0">
          <Show when={props.trail}>
            {(trail) => (
              <A
                href={trail().href}
                class="-ml-1 mb-1 inline-flex items-center gap-0.5 rounded text-sm font-medium text-muted hover:text-ink"
              >
                <ChevronLeft class="size-4" aria-hidden="true" />
                {trail().label}
              </A>
            )}
          </Show>
          <div class="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 class="text-2xl font-semibold tracking-tight break-words">{props.title}</h1>
            {props.badge}
          </div>
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
