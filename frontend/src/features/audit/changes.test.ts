import { expect, test } from "vitest";
import { changesOf } from "./changes";

test("only fields that differ are listed, and an added or removed field has only one side", () => {
  expect(
    changesOf(
      { name: "Ada", enabled: true, note: "x", models: ["a"] },
      { name: "Ada", enabled: false, models: ["a", "b"], email: "ada@example.org" },
    ),
  ).toEqual([
    { field: "enabled", before: "true", after: "false" },
    { field: "note", before: "x", after: undefined },
    { field: "models", before: '["a"]', after: '["a","b"]' },
    { field: "email", before: undefined, after: "ada@example.org" },
  ]);
});

test("what was created has no before, and what was nothing stays nothing", () => {
  expect(changesOf(null, { name: "Ada", note: null })).toEqual([
    { field: "name", before: undefined, after: "Ada" },
  ]);
  expect(changesOf(null, null)).toEqual([]);
});
