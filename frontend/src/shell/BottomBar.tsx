import { A, useLocation } from "@solidjs/router";
import Ellipsis from "lucide-solid/icons/ellipsis";
import { createSignal, For, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { t, tIfKnown } from "../i18n";
import { pathWithinApp } from "../lib/baseUrl";
import { Dialog } from "../ui/Dialog";
import { Navigation } from "./Navigation";
import { type Group, isRoot, type Place } from "./places";

const ITEM =
  "flex w-full flex-col items-center justify-center gap-1 px-0.5 py-2 text-xs font-medium tracking-tight";

/** The navigation at the bottom of a small screen; pages that do not fit are behind "More". */
export function BottomBar(props: { groups: readonly Group[] }) {
  const location = useLocation();
  const [isOpen, setOpen] = createSignal(false);
  const places = () => props.groups.flatMap((group) => group.places);
  const near = () => places().filter((place) => place.near);
  const isFar = () => near().length < places().length;
  const isElsewhere = () =>
    !near().some((place) => leadsTo(place, pathWithinApp(location.pathname)));

  return (
    <>
      <nav
        aria-label={t("shell.pages")}
        class="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-panel pb-[env(safe-area-inset-bottom)] scheme-dark lg:hidden"
      >
        <ul class="flex">
          <For each={near()}>
            {(place) => (
              <li class="min-w-0 flex-1">
                <A
                  href={place.path}
                  end={isRoot(place)}
                  activeClass="text-accent-text"
                  inactiveClass="text-muted"
                  class={ITEM}
                >
                  <Dynamic component={place.icon} class="size-4.5 shrink-0" aria-hidden="true" />
                  <span class="max-w-full truncate">{shortName(place)}</span>
                </A>
              </li>
            )}
          </For>
          <Show when={isFar()}>
            <li class="min-w-0 flex-1">
              <button
                type="button"
                aria-haspopup="dialog"
                onClick={() => setOpen(true)}
                class={`${ITEM} ${isElsewhere() ? "text-accent-text" : "text-muted"}`}
              >
                <Ellipsis class="size-4.5 shrink-0" aria-hidden="true" />
                {t("shell.more")}
              </button>
            </li>
          </Show>
        </ul>
      </nav>
      <Dialog open={isOpen()} title={t("shell.menu")} onClose={() => setOpen(false)}>
        <Navigation groups={props.groups} onGo={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

/** The name of a page where there is little room. */
function shortName(place: Place): string {
  return tIfKnown(`shell.shortPlaces.${place.name}`) ?? t(`shell.places.${place.name}`);
}

function leadsTo(place: Place, path: string): boolean {
  return isRoot(place) ? path === place.path : path.startsWith(place.path);
}
