import { expect, test } from "vitest";
import { complete } from "./documents.ts";

const fragments = new Map([
  ["Name", "fragment Name on User { name }"],
  ["Row", "fragment Row on User { id ...Name }"],
]);

test("an operation has every fragment that it spreads, directly or not, once", () => {
  const text = complete("query Q { users { ...Row ...Name } }", fragments);

  expect(text.match(/fragment \w+/g)).toEqual(["fragment Row", "fragment Name"]);
  expect(text).toMatch(/^query Q\{users\{\.\.\.Row \.\.\.Name\}\}/);
});

test("an undefined fragment stops the build", () => {
  expect(() => complete("query Q { users { ...Missing } }", fragments)).toThrow(
    "there is no fragment Missing",
  );
});
