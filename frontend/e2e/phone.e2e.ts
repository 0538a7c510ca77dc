import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api, type Made, request } from "./api";
import { closeAll, openBrowser, signedInPage } from "./browser";
import { Server } from "./server";

const PHONE = { width: 390, height: 844 };

let server: Server;
let browser: Browser;
let ada: Made;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), openBrowser()]);
  const quotas = [{ metric: "REQUESTS", limit: 4, window: "MONTH" }];
  ada = await (await Api.open(server)).createUser("Ada Lovelace", { quotas });
  await request(server.url, ada.secret, "demo-claude");
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

async function onPhone(path: string) {
  const page = await signedInPage(browser, server.url, path);
  await page.setViewportSize(PHONE);
  return page;
}

test("the request list of a phone shows whose each request is, and what it used", async () => {
  const page = await onPhone("/requests");

  const row = page.getByRole("row", { name: /demo-claude/ });
  await row.waitFor();
  const text = (await row.textContent()) ?? "";
  expect(text).toMatch(/Ada Lovelace · \d+:\d+/);
  expect(text).toMatch(/Success ?200\d+ · /);
  const grid = page.getByRole("grid");
  expect(await grid.evaluate((box) => box.scrollWidth <= box.clientWidth)).toBe(true);
});

test("a phone keeps filters behind a button that counts those that are set", async () => {
  const page = await onPhone("/requests?outcome=COMPLETED&provider=CLAUDE");
  const button = page.getByRole("button", { name: "Filters 2" });
  await button.waitFor();
  expect(await page.getByLabel("Status").isVisible()).toBe(false);

  await button.click();
  await page.getByLabel("Status").selectOption("REJECTED");
  await page.getByRole("button", { name: "Clear filters" }).first().click();

  await page.getByRole("row", { name: /demo-claude/ }).waitFor();
  expect(new URL(page.url()).search).toBe("");
});

test("the user list of a phone shows quota, tokens and last use", async () => {
  const page = await onPhone("/users");

  const cell = page
    .getByRole("row", { name: /Ada Lovelace/ })
    .getByRole("cell")
    .filter({ hasText: "Ada Lovelace" });
  await cell.getByText("25% used").waitFor();
  await cell.getByText(/\d+ tokens · /).waitFor();
  await cell.getByRole("meter").waitFor();
});

test("the key list of a phone shows last use and expiry", async () => {
  const page = await onPhone(`/users/${ada.userId}/keys`);

  const cell = page.getByRole("row", { name: /sk-/ }).getByRole("cell").first();
  await cell.getByText(/Last used: (just now|1 minute ago)/).waitFor();
  await cell.getByText("Expires: Never").waitFor();
});
