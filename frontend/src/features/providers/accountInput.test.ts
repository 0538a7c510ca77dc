import { expect, test } from "vitest";
import { accountInput, type EditableAccount, parseHeaders } from "./accountInput";

const account: EditableAccount = {
  label: "work",
  credential: "API_KEY",
  baseUrl: null,
  prefix: null,
  priority: 0,
  weight: 1,
  proxyUrl: "http://proxy.example:8080",
  models: [{ name: "mistral-small", alias: "fast" }],
};

function filled(changes: Record<string, string> = {}): FormData {
  const form = new FormData();
  const fields = {
    label: "work",
    prefix: "",
    priority: "0",
    weight: "1",
    proxyUrl: "http://proxy.example:8080",
    baseUrl: "",
    models: "fast = mistral-small",
    headers: "",
    ...changes,
  };
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

test("fields that were not changed are not sent, so that they overwrite nothing", () => {
  expect(accountInput(account, filled({ weight: "5" }))).toEqual({ weight: 5 });
});

test("what is not shown whole, a proxy's password and headers, is not overwritten", () => {
  expect(accountInput(account, filled())).toEqual({});
});

test("headers are replaced by those that are typed, and removed only when somebody says so", () => {
  expect(accountInput(account, filled({ headers: "X-Team: blue:1" }))).toEqual({
    headers: [{ name: "X-Team", value: "blue:1" }],
  });
  expect(accountInput(account, filled({ noHeaders: "on" }))).toEqual({ headers: null });
});

test("a key is sent along only when it is typed again", () => {
  const input = accountInput(
    account,
    filled({ baseUrl: "https://new.example/v1", apiKey: "sk-1" }),
  );

  expect(input).toEqual({ baseUrl: "https://new.example/v1", apiKey: "sk-1" });
});

test("an emptied proxy and emptied models go back to the usual", () => {
  expect(accountInput(account, filled({ proxyUrl: "", models: "" }))).toEqual({
    proxyUrl: null,
    models: null,
  });
});

test("an account that is signed in is not told what only a key has", () => {
  const signedIn = { ...account, credential: "AUTH_FILE" as const };

  expect(accountInput(signedIn, filled({ baseUrl: "https://x.example" }))).toEqual({});
});

test("a header without a value is left to the server to refuse", () => {
  expect(parseHeaders("X-Empty\n\n")).toEqual([{ name: "X-Empty", value: "" }]);
});
