import { expect, test } from "vitest";
import { type Entry, findEntries } from "./entries";

const entry = (kind: Entry["kind"], name: string, detail?: string): Entry => ({
  id: name,
  kind,
  name,
  detail,
  path: "/",
});

const ENTRIES = [
  entry("page", "Usage"),
  entry("user", "Bùi Minh Đức", "duc@example.org"),
  entry("key", "laptop", "Bùi Minh Đức · sk-bui…4f2a"),
  entry("user", "Minh Usman"),
];

function names(typed: string): string[] {
  return findEntries(ENTRIES, typed).map((found) => found.name);
}

test("marks over and under letters need not be typed", () => {
  expect(names("minh duc")).toEqual(["Bùi Minh Đức", "laptop"]);
});

test("what begins so comes before what only has it inside", () => {
  expect(names("us")).toEqual(["Usage", "Minh Usman"]);
});

test("a key is found by how it ends", () => {
  expect(names("4f2a")).toEqual(["laptop"]);
});

test("with nothing typed everything is offered, pages first", () => {
  expect(names("")).toEqual(ENTRIES.map((each) => each.name));
});

test("a key that the server found by its whole text is offered, although that text is not shown", () => {
  const found = { ...entry("key", "laptop", "Ada · sk-ada-73yM…7Jnt"), isFound: true };

  expect(findEntries([...ENTRIES, found], "sk-ada-73yMabcdefghijk7Jnt")).toEqual([found]);
});
