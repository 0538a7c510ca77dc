import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeReason } from "./describeReason";

const SERVER = "../server/src/";

// The sentences of the server, their place in its source, and how they are shown.
const REASONS = [
  ["domain/provider_accounts/attempts.rs", "the provider rejected the credentials (HTTP ", "401)"],
  ["checkup/finding.rs", "the provider refused the credential (HTTP ", "403)"],
  ["domain/provider_accounts/status.rs", "the provider limits the request rate", ""],
  [
    "domain/provider_accounts/attempts.rs",
    "requests failed with HTTP 429: the account has no credit left or its limit is exhausted",
    "",
  ],
  ["domain/provider_accounts/attempts.rs", "requests failed, the latest ", "with HTTP 500"],
  ["domain/provider_accounts/attempts.rs", "requests failed, the latest ", "without a response"],
  ["domain/provider_accounts/status.rs", "the provider no longer accepts the sign-in;", ""],
  ["checkup/finding.rs", "the engine cannot reach the provider", ""],
  ["checkup/finding.rs", "the provider responded with HTTP ", "503"],
  ["domain/provider_accounts/pause.rs", "the provider repeatedly rejected the API key", ""],
  ["domain/provider_accounts/pause.rs", "the provider repeatedly rejected the sign-in", ""],
  ["alerting/service.rs", "the journal cannot be written", ""],
  ["alerting/service.rs", "the database cannot be written", ""],
  ["alerting/storage.rs", "BACKUP_PASSPHRASE is not set", ""],
  ["engine/updates/watch.rs", " times within ten minutes: ", "exit code 1"],
] as const;

test("each reason that the server words itself is translated", () => {
  const shown = REASONS.map(([file, words, end]) => {
    expect(readFileSync(SERVER + file, "utf8")).toContain(words);
    const start = words.startsWith("requests") ? "the last 3 " : "";
    return describeReason(`${words.startsWith(" times") ? "it failed 2" : start}${words}${end}`);
  });

  expect(shown).toEqual([
    "The provider rejected the credentials (HTTP 401).",
    "The provider rejected the credentials (HTTP 403).",
    "The provider limits the request rate.",
    "The last 3 requests failed with HTTP 429: no credit left, or a limit is exhausted.",
    "The last 3 requests failed, the latest with HTTP 500.",
    "The last 3 requests failed, the latest without a response.",
    "The provider no longer accepts the sign-in. Sign in again.",
    "The engine cannot reach the provider.",
    "The provider responded with HTTP 503.",
    "The provider repeatedly rejected the API key. Replace the key, or resume the account.",
    "The provider repeatedly rejected the sign-in. Sign in again, or resume the account.",
    "The journal cannot be written.",
    "The database cannot be written.",
    "BACKUP_PASSPHRASE is not set in the server’s environment.",
    "It ended 2 times within ten minutes: exit code 1",
  ]);
});

test("the words of a provider stay as they are", () => {
  expect(describeReason("Claude said 429: try again later")).toBe(
    "Claude said 429: try again later",
  );
});
