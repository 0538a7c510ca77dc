import { createMemo, createSignal, onCleanup } from "solid-js";
import { COLUMNS, type Column, type ColumnName, NARROW, USUAL } from "./columns";

const NARROW_NAMES = NARROW.flatMap(({ name, below = [] }) => [
  name,
  ...below.map((each) => each.name),
]);
const STORE = "proxypal.requests.columns";

function stored(): ReadonlySet<string> | undefined {
  const names = localStorage.getItem(STORE);
  return names ? new Set(names.split(",")) : undefined;
}

/** The visible columns, stored for the next visit. */
export function createColumns() {
  const phone = window.matchMedia?.("(max-width: 40rem)");
  const [isNarrow, setNarrow] = createSignal(phone?.matches ?? false);
  const follow = () => setNarrow(phone?.matches ?? false);
  phone?.addEventListener("change", follow);
  onCleanup(() => phone?.removeEventListener("change", follow));

  const [chosen, setChosen] = createSignal(stored());
  const names = createMemo<ReadonlySet<string>>(
    () => chosen() ?? new Set(isNarrow() ? NARROW_NAMES : USUAL),
  );
  const shown = createMemo<readonly Column[]>(() =>
    isNarrow() && !chosen() ? NARROW : COLUMNS.filter(({ name }) => names().has(name)),
  );

  function toggle(name: ColumnName) {
    const next = new Set(names());
    if (!next.delete(name)) next.add(name);
    if (next.size === 0) return;
    localStorage.setItem(STORE, [...next].join(","));
    setChosen(next);
  }
  function reset() {
    localStorage.removeItem(STORE);
    setChosen(undefined);
  }
  return { shown, has: (name: ColumnName) => names().has(name), toggle, reset };
}
