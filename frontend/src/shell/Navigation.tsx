import { A } from "@solidjs/router";
import { For } from "solid-js";
import { Dynamic } from "solid-js/web";
import { t } from "../i18n";
import { type Group, isRoot } from "./places";

/** The links to all pages. */
export function Navigation(props: { groups: readonly Group[]; onGo?: () => void }) {
  return (
    <nav aria-label={t("shell.pages")} class="flex flex-col gap-5">
      <For each={props.groups}>
        {(group) => (
          <div>
            <p class="px-3 pb-1.5 text-xs font-medium text-faint">
              {t(`shell.groups.${group.name}`)}
            </p>
            <ul class="flex flex-col gap-px">
              <For each={group.places}>
                {(place) => (
                  <li>
                    <A
                      href={place.path}
                      end={isRoot(place)}
                      onClick={() => props.onGo?.()}
                      activeClass="bg-hover text-ink before:bg-accent"
                      inactiveClass="text-muted before:bg-transparent"
                      class="relative flex items-center gap-3 rounded-lg px-3 py-2 font-medium transition-colors before:absolute before:inset-y-2 before:left-0 before:w-0.75 before:rounded-full hover:bg-hover hover:text-ink"
                    >
                      <Dynamic
                        component={place.icon}
                        class="size-4.5 shrink-0"
                        aria-hidden="true"
                      />
                      {t(`shell.places.${place.name}`)}
                    </A>
                  </li>
                )}
              </For>
            </ul>
          </div>
        )}
      </For>
    </nav>
  );
}
