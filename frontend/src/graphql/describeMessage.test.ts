import { readFileSync } from "node:fs";
import { CombinedError } from "@urql/core";
import { GraphQLError } from "graphql";
import { afterAll, expect, test } from "vitest";
import { loadLanguage } from "../i18n";
import { describeMessage } from "./describeMessage";
import { explain } from "./errors";

afterAll(() => loadLanguage("en"));

// The messages of the server, the place in its source, and what it inserts.
const MESSAGES = [
  ["users/mod.rs", "there is a user named {name:?} already; choose another name"],
  ["users/groups.rs", "there is a group named {name:?} already; choose another name"],
  [
    "account_groups/mod.rs",
    "there is an account group named {name:?} already; choose another name",
  ],
  ["notifications/channels.rs", "a channel named {name:?} exists; choose another name"],
  ["admins/team.rs", "{username} exists already"],
  ["text.rs", "{field} must have at most {longest} characters"],
  ["text.rs", "{field} must not be empty"],
  ["text.rs", "{field} must not contain control characters"],
  ["text.rs", "{field} must be in the future"],
  ["users/quotas/new_quota.rs", "a quota with the same metric, window, time zone"],
  ["admins/team.rs", "this is the last owner who can sign in;"],
  ["users/api_keys/mod.rs", "this key is revoked;"],
  ["model_aliases/check.rs", "a model named {alias:?} exists; choose another alias"],
  [
    "provider_accounts/mod.rs",
    "an account labelled {label:?} exists at this provider; choose another label",
  ],
  ["provider_accounts/bulk.rs", "this key exists already, as {owner:?}"],
] as const;

const filled = (text: string) =>
  text
    .replaceAll(/\{\w+:\?\}/g, '"Ada"')
    .replaceAll("{longest}", "100")
    .replaceAll(/\{\w+\}/g, "name");

test("messages of the server about input are translated", async () => {
  await loadLanguage("vi");
  for (const [file, words] of MESSAGES) {
    expect(readFileSync(`../server/src/domain/${file}`, "utf8")).toContain(words);
    expect(describeMessage(filled(words)), words).toMatch(/[ạảãáàăâđêôơưếềểệốồộớờợứừự]/);
  }
  const error = new CombinedError({
    graphQLErrors: [new GraphQLError(filled(MESSAGES[0][1]), { extensions: { code: "CONFLICT" } })],
  });
  expect(explain(error).cause).toBe("Đã có “Ada”. Hãy chọn tên khác.");
});

test("other messages stay as the server words them", () => {
  expect(describeMessage("the engine is busy")).toBeUndefined();
});
