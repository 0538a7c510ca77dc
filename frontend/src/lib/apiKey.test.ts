import { expect, test } from "vitest";
import { isApiKey } from "./apiKey";

test("a whole key is recognised, and what people search for is not", () => {
  expect(isApiKey(" sk-kept-WNr7QWFlW0Rd3vN93UU7zytlmBQeS7HH1K5Pqk\n")).toBe(true);
  for (const text of ["sk-", "sk-ada-73yM", "ada lovelace", "ada@example.org", ""])
    expect(isApiKey(text)).toBe(false);
});
