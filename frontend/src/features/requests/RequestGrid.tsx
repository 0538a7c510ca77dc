// biome-ignore-all lint/a11y/useSemanticElements: a table element would lay out every row that there is
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
// biome-ignore-all lint/a11y/useAriaActivedescendantWithTabindex: Solid writes tabindex in small letters

import { createMemo, createSignal, For, Show } from "solid-js";
import { t } from "../../i18n";
import { type Column, narrowest } from "./columns";
import { createWindow } from "./createWindow";
import { GridRow, rowId } from "./GridRow";
import type { ListRow } from "./listRow";

type RequestGridProps = {
  rows: readonly ListRow[];
  columns: readonly Column[];
  hasMore: boolean;
  isLoading: boolean;
  onMore: () => void;
  onOpen: (row: ListRow) => void;
  /** Whether the newest rows are in view. */
  onTop: (isTop: boolean) => void;
};

const ONE_LINE = 36;
const TWO_LINES = 56;
/** The distance from the end at which older rows are fetched. */
const AHEAD = 60;

/** A virtual table: only the visible rows are in the DOM. */
export function RequestGrid(props: RequestGridProps) {
  let box: HTMLDivElement | undefined;
  const [active, setActive] = createSignal<string>();
  const height = () => (props.columns.some(({ below }) => below) ? TWO_LINES : ONE_LINE);
  const { first, last, page, measure } = createWindow(() => box, height, look);
  const inView = createMemo(() => props.rows.slice(first(), last()));
  const tracks = () => props.columns.map((column) => column.track).join(" ");
  const width = () => narrowest(props.columns);

  function look() {
    props.onTop(measure() < height());
    if (props.hasMore && !props.isLoading && last() + AHEAD > props.rows.length) props.onMore();
  }

  function moveTo(index: number) {
    const row = props.rows[Math.min(props.rows.length - 1, Math.max(0, index))];
    if (!row || !box) return;
    setActive(row.id);
    const at = props.rows.indexOf(row) * height();
    const room = box.clientHeight - 2 * height();
    if (at < box.scrollTop) box.scrollTop = at;
    else if (at > box.scrollTop + room) box.scrollTop = at - room;
    look();
  }
  function onKeyDown(event: KeyboardEvent) {
    const at = props.rows.findIndex((row) => row.id === active());
    const row = props.rows[at];
    if (event.key === "Enter" && row) props.onOpen(row);
    const wanted = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page(),
      PageUp: at - page(),
      Home: 0,
      End: props.rows.length - 1,
    }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    moveTo(wanted);
  }

  return (
    <div
      ref={box}
      role="grid"
      tabindex="0"
      aria-label={t("requests.title")}
      aria-rowcount={props.hasMore ? -1 : props.rows.length + 1}
      aria-colcount={props.columns.length}
      aria-activedescendant={active() && rowId(active() ?? "")}
      aria-description={t("requests.keys")}
      onScroll={look}
      onKeyDown={onKeyDown}
      class="relative h-[max(20rem,calc(100dvh-19rem))] lg:h-[max(20rem,calc(100dvh-15.5rem))] overflow-auto overscroll-contain text-sm [contain:strict] focus-visible:-outline-offset-2"
    >
      <GridHead columns={props.columns} tracks={tracks()} width={width()} />
      <div
        role="rowgroup"
        class="relative"
        style={{ height: `${props.rows.length * height()}px`, "min-width": width() }}
      >
        <div role="none" style={{ transform: `translateY(${first() * height()}px)` }}>
          <For each={inView()}>
            {(row, index) => (
              <GridRow
                row={row}
                index={first() + index()}
                height={height()}
                columns={props.columns}
                tracks={tracks()}
                isActive={active() === row.id}
                onOpen={() => {
                  setActive(row.id);
                  props.onOpen(row);
                }}
              />
            )}
          </For>
        </div>
      </div>
      <Show when={props.isLoading && props.rows.length > 0}>
        <p role="status" class="sticky left-0 px-5 py-2 text-muted">
          {t("requests.loadingMore")}
        </p>
      </Show>
    </div>
  );
}

function headOf({ name, below = [] }: Column): string {
  return [name, ...below.map((each) => each.name)]
    .map((each) => t(`requests.columns.${each}`))
    .join(", ");
}

function GridHead(props: { columns: readonly Column[]; tracks: string; width: string }) {
  return (
    <div role="rowgroup" class="sticky top-0 z-10 bg-panel" style={{ "min-width": props.width }}>
      <div
        role="row"
        aria-rowindex="1"
        class="grid h-9 items-center gap-3 border-b border-line px-4 text-xs font-medium text-muted sm:px-5"
        style={{ "grid-template-columns": props.tracks }}
      >
        <For each={props.columns}>
          {(column) => (
            <span
              role="columnheader"
              class="min-w-0 truncate"
              classList={{ "text-right": column.isNumber }}
            >
              {headOf(column)}
            </span>
          )}
        </For>
      </div>
    </div>
  );
}
