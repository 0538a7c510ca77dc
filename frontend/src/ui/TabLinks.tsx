import { A, useLocation } from "@solidjs/router";
import { createEffect, For, on } from "solid-js";
import { pathWithinApp } from "../lib/baseUrl";
import { createSectionTitle } from "../lib/createTitle";

/** Tabs that are links to pages. */
export function TabLinks(props: {
  label: string;
  tabs: readonly { href: string; label: string; end?: boolean }[];
}) {
  let row: HTMLElement | undefined;
  const location = useLocation();
  createSectionTitle(
    () => props.tabs.find((tab) => tab.href === pathWithinApp(location.pathname))?.label,
  );
  // On a small screen the current tab is scrolled into view.
  createEffect(
    on(
      () => location.pathname,
      () =>
        queueMicrotask(() =>
          row
            ?.querySelector("[aria-current]")
            ?.scrollIntoView?.({ block: "nearest", inline: "center" }),
        ),
    ),
  );
  return (
    <nav
      ref={row}
      aria-label={props.label}
      class="-mx-4 overflow-x-auto px-4 sm:-mx-6 sm:px-6 lg:mx-0 lg:px-0"
    >
      <ul class="flex min-w-max gap-1 border-b border-line">
        <For each={props.tabs}>
          {(tab) => (
            <li>
              <A
                href={tab.href}
                end={tab.end ?? true}
                noScroll
                activeClass="border-accent text-ink"
                inactiveClass="border-transparent text-muted hover:text-ink"
                class="-mb-px inline-flex h-9 items-center border-b-2 px-3 font-medium whitespace-nowrap focus-visible:-outline-offset-2"
              >
                {tab.label}
              </A>
            </li>
          )}
        </For>
      </ul>
    </nav>
  );
}
