import { expect, test } from "vitest";
import { RowList } from "./RowList";

const rows = (...ids: string[]) => ids.map((id) => ({ id }));
const ids = (list: RowList<{ id: string }>) => list.rows.map((row) => row.id).join("");

test("live rows are above stored ones without duplicates", () => {
  const list = new RowList(10);
  list.prepend(rows("c"));
  list.append(rows("c", "b", "a"), "at-a", false);
  list.prepend(rows("b", "d", "e"));

  expect(ids(list)).toBe("edcba");
  expect(list.hasMore).toBe(false);
});

test("past the most rows the oldest page is let go, and can be loaded again from where it began", () => {
  const list = new RowList(5);
  list.append(rows("f", "e"), "at-e", true);
  list.append(rows("d", "c"), "at-c", false);
  list.prepend(rows("g", "h"));

  expect(ids(list)).toBe("hgfe");
  expect(list.hasMore).toBe(true);
  expect(list.cursor).toBe("at-e");

  list.append(rows("d", "c"), "at-c", false);
  expect(ids(list)).toBe("hgfedc");
});

test("a list that is full of live rows is cleared", () => {
  const list = new RowList(3);
  list.append(rows("a"), "at-a", false);

  expect(list.prepend(rows("b", "c", "d"))).toBe("full");
  expect(list.rows).toEqual([]);
  expect(list.cursor).toBeNull();
  expect(list.hasMore).toBe(true);
});
