import { A } from "@solidjs/router";
import { For } from "solid-js";
import { Dynamic } from "solid-js/web";
import { PLACES } from "./places";

const SIDE =
  "lg:flex-row lg:justify-start lg:gap-3 lg:px-3 lg:py-2 lg:text-base lg:rounded-lg lg:hover:bg-hover";

/** The ways to the pages: a bar at the bottom of a small screen, a list at the side of a wide one. */
export function Navigation() {
  return (
    <nav
      aria-label="Pages"
      class="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-panel pb-[env(safe-area-inset-bottom)] lg:static lg:border-0 lg:bg-transparent"
    >
      <ul class="flex lg:flex-col lg:gap-0.5">
        <For each={PLACES}>
          {(place) => (
            <li class="min-w-0 flex-1 lg:flex-none">
              <A
                href={place.path}
                end={place.path === "/"}
                activeClass="text-accent-text lg:bg-accent-soft"
                inactiveClass="text-muted"
                class={`flex flex-col items-center justify-center gap-1 px-0.5 py-2 text-xs font-medium tracking-tight transition-colors ${SIDE}`}
              >
                <Dynamic component={place.icon} class="size-4.5 shrink-0" aria-hidden="true" />
                <span class="max-w-full truncate">{place.name}</span>
              </A>
            </li>
          )}
        </For>
      </ul>
    </nav>
  );
}
