import type { JSX } from "solid-js";

/** A table that scrolls sideways within its panel rather than the page. */
export function Table(props: { label: string; head: JSX.Element; children: JSX.Element }) {
  return (
    // Reachable by keyboard, so that keyboard users can scroll it.
    <section tabindex="0" aria-label={props.label} class="relative overflow-x-auto">
      <table class="w-full text-left" aria-label={props.label}>
        <thead class="text-xs text-muted">
          <tr class="border-b border-line">{props.head}</tr>
        </thead>
        <tbody class="divide-y divide-line">{props.children}</tbody>
      </table>
    </section>
  );
}

const CELL = "px-2.5 py-2 first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5";
const NUMBER = "text-right whitespace-nowrap";

/** The head of a column. */
export function Head(props: {
  number?: boolean;
  /** The direction in which the rows are sorted by this column. */
  sorted?: "ascending" | "descending";
  class?: string;
  children?: JSX.Element;
}) {
  return (
    <th
      scope="col"
      aria-sort={props.sorted}
      class={`${CELL} font-medium ${props.number ? NUMBER : ""} ${props.class ?? ""}`}
    >
      {props.children}
    </th>
  );
}

/** A cell of a row. */
export function Cell(props: { number?: boolean; class?: string; children?: JSX.Element }) {
  return (
    <td class={`${CELL} ${props.number ? NUMBER : ""} ${props.class ?? ""}`}>{props.children}</td>
  );
}
