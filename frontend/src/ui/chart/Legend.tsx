import ListFilter from "lucide-solid/icons/list-filter";
import { For, Show } from "solid-js";
import { t } from "../../i18n";
import type { ChartSeries } from "./stack";

/** A filter by one of the series. */
export type LegendFilter = {
  can: (key: string) => boolean;
  hint: (name: string) => string;
  by: (key: string) => void;
};

type LegendProps = {
  series: readonly ChartSeries[];
  hidden: ReadonlySet<string>;
  /** The value next to each name: the total, or the value under the crosshair. */
  tell: (part: ChartSeries) => string;
  onToggle: (key: string) => void;
  filter?: LegendFilter | undefined;
  /** The label of a marked value. */
  mark?: string | undefined;
};

/** The series by name and colour; a click hides or shows one. */
export function Legend(props: LegendProps) {
  return (
    <ul aria-label={t("chart.legend")} class="flex flex-wrap gap-x-1 gap-y-0.5">
      <For each={props.series}>
        {(part) => (
          <li class="flex items-center">
            <button
              type="button"
              aria-pressed={!props.hidden.has(part.key)}
              title={`${t("chart.toggle")}: ${part.label}`}
              onClick={() => props.onToggle(part.key)}
              class="flex min-h-7 items-center gap-2 rounded-md px-2 py-0.5 text-sm hover:bg-hover"
            >
              <span
                aria-hidden="true"
                class="size-2.5 shrink-0 rounded-xs"
                style={{
                  background: props.hidden.has(part.key) ? "transparent" : `var(${part.colour})`,
                  "box-shadow": `inset 0 0 0 1.5px var(${part.colour})`,
                }}
              />
              <span
                class="max-w-48 truncate"
                classList={{ "line-through text-faint": props.hidden.has(part.key) }}
              >
                {part.label}
              </span>
              <span class="font-medium">{props.tell(part)}</span>
            </button>
            <Show when={props.filter?.can(part.key) ? props.filter : undefined}>
              {(filter) => (
                <button
                  type="button"
                  aria-label={filter().hint(part.label)}
                  title={filter().hint(part.label)}
                  onClick={() => filter().by(part.key)}
                  class="grid size-7 shrink-0 place-items-center rounded-md text-muted hover:bg-hover hover:text-ink"
                >
                  <ListFilter class="size-3.5" aria-hidden="true" />
                </button>
              )}
            </Show>
          </li>
        )}
      </For>
      <Show when={props.mark}>
        <li class="flex min-h-7 items-center gap-2 px-2 text-sm">
          <span aria-hidden="true" class="w-5 border-t-2 border-dashed border-muted" />
          {props.mark}
        </li>
      </Show>
    </ul>
  );
}
