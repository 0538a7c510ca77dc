import { expect, test } from "vitest";
import { keysAsCsv } from "./keysAsCsv";

test("keys are saved with their users, and no name becomes a formula", () => {
  const created = [
    { user: { name: "Lovelace, Ada", email: "ada@example.org" }, secret: "sk-ada-1" },
    { user: { name: '=HYPERLINK("x")', email: null }, secret: "sk-x-2" },
  ];
  expect(keysAsCsv(created)).toBe(
    [
      "name,email,key",
      '"Lovelace, Ada",ada@example.org,sk-ada-1',
      '"\'=HYPERLINK(""x"")",,sk-x-2',
      "",
    ].join("\r\n"),
  );
});
