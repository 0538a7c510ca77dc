import { expect, test } from "vitest";
import { changesOf } from "./form";

test("only fields that differ from what the form began with are sent", () => {
  const before = { name: "Ada", email: undefined, note: "old", models: ["a", "b"] };

  expect(changesOf(before, { ...before, email: null })).toEqual({});
  expect(changesOf(before, { name: "Ada", email: null, note: "new", models: ["a"] })).toEqual({
    note: "new",
    models: ["a"],
  });
});

test("a cleared field is sent as null", () => {
  expect(changesOf({ note: "old" }, { note: null })).toEqual({ note: null });
});
