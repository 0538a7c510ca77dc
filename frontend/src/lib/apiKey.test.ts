import { expect, test } from "vitest";
import { findApiKey } from "./apiKey";

const KEY = "sk-kept-WNr7QWFlW0Rd3vN93UU7zytlmBQeS7HH1K5Pqk";

test("a whole key is recognised, and what people search for is not", () => {
  expect(findApiKey(` ${KEY}\n`)).toBe(KEY);
  for (const text of ["sk-", "sk-ada-73yM", "ada lovelace", "ada@example.org", ""])
    expect(findApiKey(text)).toBeUndefined();
});

test("a key is found within the line that it leaked with", () => {
  for (const line of [
    `Authorization: Bearer ${KEY}`,
    `export OPENAI_API_KEY="${KEY}"`,
    `{"key":"${KEY}"}`,
  ])
    expect(findApiKey(line)).toBe(KEY);
  expect(findApiKey("task-with-a-name-that-is-longer-than-a-key")).toBeUndefined();
});
