import { expect, test } from "vitest";
import { filtersOf, isSameView } from "./search";

test("an open request is no part of a view", () => {
  expect(filtersOf("?model=gpt-5&request=0199&live=off")).toBe("model=gpt-5");
  expect(filtersOf("")).toBe("");
});

test("the order of the parameters does not matter", () => {
  expect(isSameView("by=MODEL&range=TODAY", "range=TODAY&by=MODEL")).toBe(true);
  expect(isSameView("by=MODEL", "by=USER")).toBe(false);
});
