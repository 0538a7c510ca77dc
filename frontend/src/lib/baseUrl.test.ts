import { afterEach, expect, test } from "vitest";
import { pathWithinApp } from "./baseUrl";

function liveAt(path: string) {
  document.head.innerHTML = `<base href="${path}">`;
}

afterEach(() => {
  document.head.innerHTML = "";
});

test("the base path is removed from a path, so that no link has it twice", () => {
  liveAt("/proxypal/");

  expect(pathWithinApp("/proxypal/users/1")).toBe("/users/1");
  expect(pathWithinApp("/proxypal")).toBe("/");
  expect(pathWithinApp("/proxypal-other/users")).toBe("/proxypal-other/users");
});

test("at the root a path stays as it is", () => {
  liveAt("/");

  expect(pathWithinApp("/users")).toBe("/users");
  expect(pathWithinApp("/")).toBe("/");
});
