import { createMemo, createSignal, For } from "solid-js";
import { t } from "../../i18n";
import { formatWhole, weekdayName } from "../../lib/format";
import { busiestPlace, type HeatCell, type Place, placeAfter } from "./heat";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

type HeatGridProps = {
  map: HeatCell[][];
  /** The name of an hour, as `Monday, 23 November, 14:00`. */
  nameHour: (from: string) => string;
  /** Shows the day of a cell; omitted if the page shows no more than a day. */
  onChoose?: ((cell: HeatCell, place: Place) => void) | undefined;
};

/** A weekday and an hour: `Mon 14:00`. */
export function placeName({ day, hour }: Place): string {
  return `${weekdayName(day)} ${String(hour).padStart(2, "0")}:00`;
}

/** The map: a grid of cells, of which one is in the order of focus; arrow keys lead to the others. */
export function HeatGrid(props: HeatGridProps) {
  let grid: HTMLTableElement | undefined;
  const [moved, setMoved] = createSignal<Place>();
  const active = createMemo(() => moved() ?? busiestPlace(props.map));
  const greatest = () => Math.max(1, ...props.map.flat().map(({ requests }) => requests));
  // The scale starts visibly, so that low values are not invisible next to high ones.
  const shade = (value: number) => {
    if (value === 0) return undefined;
    const percent = 15 + 85 * Math.sqrt(value / greatest());
    return `color-mix(in oklab, var(--color-accent-text) ${percent}%, var(--color-inset))`;
  };
  const describe = (cell: HeatCell, place: Place) => {
    const text = t("usage.heatCell", { place: placeName(place), value: cell.requests });
    if (!cell.busiest || !props.onChoose) return text;
    const { from, requests } = cell.busiest;
    const count = formatWhole(requests);
    return `${text}. ${t("usage.heatBusiest", { hour: props.nameHour(from), count })}`;
  };
  const choose = (cell: HeatCell, place: Place) => {
    setMoved(place);
    if (cell.busiest) props.onChoose?.(cell, place);
  };
  function onKey(event: KeyboardEvent, cell: HeatCell, place: Place) {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(cell, place);
      return;
    }
    const next = placeAfter(place, event.key);
    if (!next) return;
    event.preventDefault();
    setMoved(next);
    grid?.querySelector<HTMLElement>(`[data-place="${next.day}-${next.hour}"]`)?.focus();
  }

  return (
    <div class="overflow-x-auto p-0.5">
      <table
        ref={grid}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose cells are chosen is a grid
        role="grid"
        aria-label={`${t("usage.heat")}: ${t("usage.map")}`}
        aria-readonly="true"
        class="w-full min-w-140 table-fixed border-separate border-spacing-0.5 text-left text-xs text-muted"
      >
        <thead>
          <tr>
            <th scope="col" class="relative w-10 font-normal">
              <span class="sr-only">{t("usage.weekday")}</span>
            </th>
            <For each={HOURS}>
              {(hour) => (
                <th scope="col" class="relative font-normal">
                  <span class="sr-only">{`${hour}:00`}</span>
                  <span aria-hidden="true">{hour % 3 === 0 ? hour : ""}</span>
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.map}>
            {(row, day) => (
              <tr>
                <th scope="row" class="font-normal">
                  {weekdayName(day())}
                </th>
                <For each={row}>
                  {(cell, hour) => {
                    const place = () => ({ day: day(), hour: hour() });
                    const isActive = () => active().day === day() && active().hour === hour();
                    return (
                      // biome-ignore lint/a11y/useFocusableInteractive: it is, or can be reached with arrow keys
                      <td
                        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a cell of a grid
                        role="gridcell"
                        data-place={`${day()}-${hour()}`}
                        tabindex={isActive() ? 0 : -1}
                        aria-label={describe(cell, place())}
                        title={describe(cell, place())}
                        onClick={() => choose(cell, place())}
                        onKeyDown={(event) => onKey(event, cell, place())}
                        class={`h-6 rounded-xs bg-inset p-0 ${
                          cell.busiest && props.onChoose ? "cursor-pointer hover:outline-2" : ""
                        }`}
                        style={{ background: shade(cell.requests) }}
                      />
                    );
                  }}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}
