import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeProblem } from "./describeProblem";

const ACCOUNTS = "../server/src/domain/provider_accounts";

/** The sentences of a source file of the server. */
function sentencesOf(file: string): string[] {
  const [source = ""] = readFileSync(file, "utf8").split("#[cfg(test)]");
  // A line that ends in a backslash is continued.
  const joined = source.replaceAll(/\\\n\s*/g, "");
  return [...joined.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)]
    .map(([, text = ""]) => text.replaceAll('\\"', '"'))
    .filter((text) => /^[a-z{].* .* /.test(text));
}

/** A sentence as the server sends it, with something in place of what it inserts. */
const filled = (text: string) =>
  text
    .replaceAll(/\{\w*:\?\}/g, '"something"')
    .replace("entry {}", "entry 2")
    .replaceAll(/\{\w*\}/g, "something");

test("each reason for which the server imports no account is translated", () => {
  const ofImports = readdirSync(`${ACCOUNTS}/import`).flatMap((file) =>
    sentencesOf(`${ACCOUNTS}/import/${file}`),
  );
  // With what to do about it, which other texts of providers do not have.
  const ofProviders = ["mod", "chatgpt", "gemini"].flatMap((file) =>
    sentencesOf(`../server/src/providers/${file}.rs`).filter((text) => text.includes("; ")),
  );
  const ofLogins = sentencesOf(`${ACCOUNTS}/login.rs`).filter((text) => text.includes("auth file"));
  const sentences = [...ofImports, ...ofProviders, ...ofLogins].map(filled);

  expect(sentences.length).toBeGreaterThan(15);
  const untranslated = sentences.filter(
    (text) => describeProblem(text) === text.charAt(0).toUpperCase() + text.slice(1),
  );
  expect(untranslated).toEqual([]);
});

test("what the server inserts is in the translation", () => {
  expect(describeProblem("entry 3 of claude-api-key is invalid")).toBe(
    "Entry 3 of claude-api-key is invalid.",
  );
  expect(
    describeProblem(
      "these are settings without tokens; choose .credentials.json, or on macOS paste the output of security find-generic-password -w",
    ),
  ).toBe(
    "These are settings without tokens. Choose .credentials.json, or on macOS paste the output of: security find-generic-password -w",
  );
  expect(
    describeProblem(
      'the account "Ada" is the same sign-in and is refreshed by this server; tokens without a refresh token would end it',
    ),
  ).toContain("“Ada”");
});

test("a reason that is not known stays as it is", () => {
  expect(describeProblem("label is too long")).toBe("Label is too long");
});
