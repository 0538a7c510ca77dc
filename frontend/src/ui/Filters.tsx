import SlidersHorizontal from "lucide-solid/icons/sliders-horizontal";
import { createSignal, createUniqueId, type JSX, Show } from "solid-js";
import { t } from "../i18n";
import { Button } from "./Button";

type FiltersProps = {
  /** The number of filters that are set. */
  count: number;
  class?: string;
  children: JSX.Element;
};

/** The filters of a page; on narrow screens behind a button with their number. */
export function Filters(props: FiltersProps) {
  const id = createUniqueId();
  const [isOpen, setOpen] = createSignal(false);
  return (
    <div class={`flex flex-wrap items-center gap-2 ${props.class ?? ""}`}>
      <span class="sm:hidden">
        <Button
          size="small"
          aria-expanded={isOpen()}
          aria-controls={id}
          onClick={() => setOpen(!isOpen())}
        >
          <SlidersHorizontal class="size-3.5" aria-hidden="true" />
          {t("common.filters")}
          <Show when={props.count > 0}>
            <span
              title={t("common.filtersSet", { count: props.count })}
              class="rounded-full bg-accent px-1.5 text-xs font-semibold text-on-accent"
            >
              {props.count}
            </span>
          </Show>
        </Button>
      </span>
      <div id={id} class={`w-full grid-cols-2 gap-2 sm:contents ${isOpen() ? "grid" : "hidden"}`}>
        {props.children}
      </div>
    </div>
  );
}
