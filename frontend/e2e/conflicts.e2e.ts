import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api } from "./api";
import { closeAll, closeDialog, openBrowser, openDialog, signedInPage } from "./browser";
import { Server } from "./server";

let server: Server;
let browser: Browser;
let api: Api;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), openBrowser()]);
  api = await Api.open(server);
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

/** Two tabs of one administrator on the same page. */
async function twoTabs(path: string): Promise<[Page, Page]> {
  const one = await signedInPage(browser, server.url, path);
  const other = await one.context().newPage();
  await other.goto(server.url + path);
  await other.getByRole("heading", { level: 1 }).waitFor();
  return [one, other];
}

test("of two tabs that edit a user, the later one shows what the earlier one saved", async () => {
  const { userId } = await api.createUser("ada", { note: "first" });
  const [one, other] = await twoTabs(`/users/${userId}`);
  for (const page of [one, other]) await page.getByRole("button", { name: "Edit" }).click();

  await one.getByLabel("Note (optional)").fill("from the first tab");
  await closeDialog(one, "Save");
  await other.getByLabel("Email (optional)").fill("ada@example.org");
  await (await openDialog(other)).getByRole("button", { name: "Save" }).click();

  const theirs = other.getByRole("table", { name: "Their changes" });
  await theirs.getByText("from the first tab").waitFor();
  await closeDialog(other, "Save");
  const { user } = await api.ask("query($id: ID!) { user(id: $id) { note email } }", {
    id: userId,
  });
  expect(user).toEqual({ note: "from the first tab", email: "ada@example.org" });
});

test("of two tabs that each add a quota, neither loses its own", async () => {
  const { userId } = await api.createUser("bob");
  const [one, other] = await twoTabs(`/users/${userId}/limits`);
  for (const page of [one, other]) {
    await page.getByRole("button", { name: "Add quota" }).first().click();
    await page.getByText(/Used in the current period/).waitFor();
  }

  await one.getByLabel("Limit", { exact: true }).fill("1.5 million");
  await closeDialog(one, "Save");
  await other.getByLabel("Limit", { exact: true }).fill("2M");
  await other.getByLabel("Period").selectOption("DAY");
  await closeDialog(other, "Save");

  const { user } = await api.ask("query($id: ID!) { user(id: $id) { quotas { limit window } } }", {
    id: userId,
  });
  expect(user).toEqual({
    quotas: [
      { limit: 1_500_000, window: "MONTH" },
      { limit: 2_000_000, window: "DAY" },
    ],
  });
});

test("users that are selected get the limits of another user", async () => {
  const input = { quotas: [{ metric: "TOKENS", limit: 700 }] };
  await api.createUser("carol", input);
  const { userId } = await api.createUser("dave");
  const page = await signedInPage(browser, server.url, "/users");
  await page.getByRole("checkbox", { name: "Select dave" }).check();
  await page.getByRole("button", { name: "Copy limits from…" }).click();
  await page.getByLabel("Copy from").selectOption({ label: "carol" });
  await closeDialog(page, "Copy limits");

  await page.getByText("Limits of 1 user saved.").waitFor();
  const { user } = await api.ask("query($id: ID!) { user(id: $id) { quotas { limit } } }", {
    id: userId,
  });
  expect(user).toEqual({ quotas: [{ limit: 700 }] });
});
