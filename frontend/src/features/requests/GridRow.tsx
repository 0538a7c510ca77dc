// biome-ignore-all lint/a11y/useSemanticElements: a table element would lay out every row that there is
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
import { For, Show } from "solid-js";
import type { Column } from "./columns";
import type { ListRow } from "./listRow";

type GridRowProps = {
  row: ListRow;
  /** The index among all rows. */
  index: number;
  height: number;
  columns: readonly Column[];
  tracks: string;
  isActive: boolean;
  onOpen: () => void;
};

/** The DOM id of a row. */
export function rowId(request: string): string {
  return `request-${request}`;
}

/** A cell with the column's value, and values of other columns below it. */
function Lines(props: { row: ListRow; column: Column; below: readonly Column[] }) {
  return (
    <>
      <span class="block truncate">{props.column.cell(props.row)}</span>
      <span class="mt-0.5 block truncate text-xs text-muted">
        <For each={props.below}>
          {(each, place) => (
            <>
              <Show when={place() > 0}> · </Show>
              {each.cell(props.row)}
            </>
          )}
        </For>
      </span>
    </>
  );
}

/** One request in the long list. */
export function GridRow(props: GridRowProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles Enter for its active row
    <div
      role="row"
      id={rowId(props.row.id)}
      aria-rowindex={props.index + 2}
      aria-selected={props.isActive}
      onClick={() => props.onOpen()}
      class="grid cursor-pointer items-center gap-3 border-b border-line px-4 hover:bg-hover aria-selected:bg-accent-soft sm:px-5"
      style={{ "grid-template-columns": props.tracks, height: `${props.height}px` }}
    >
      <For each={props.columns}>
        {(column) => (
          <span
            role="gridcell"
            class="min-w-0 truncate"
            classList={{ "text-right whitespace-nowrap": column.isNumber }}
          >
            <Show when={column.below} fallback={column.cell(props.row)}>
              {(below) => <Lines row={props.row} column={column} below={below()} />}
            </Show>
          </span>
        )}
      </For>
    </div>
  );
}
