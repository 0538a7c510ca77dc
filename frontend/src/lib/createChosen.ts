import { createSignal } from "solid-js";

/** The rows of a list that are chosen. Only rows that the list shows are: none is changed unseen. */
export function createChosen<Row extends { id: string }>(rows: () => readonly Row[]) {
  const [ids, setIds] = createSignal<ReadonlySet<string>>(new Set());
  const chosen = () => rows().filter((row) => ids().has(row.id));
  return {
    chosen,
    isChosen: (id: string) => ids().has(id),
    isAll: () => chosen().length > 0 && chosen().length === rows().length,
    choose: (id: string, isChosen: boolean) =>
      setIds(
        (known) => new Set(isChosen ? [...known, id] : [...known].filter((each) => each !== id)),
      ),
    chooseAll: (all: boolean) => setIds(new Set(all ? rows().map((row) => row.id) : [])),
    clear: () => setIds(new Set<string>()),
  };
}
