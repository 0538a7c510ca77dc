import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { closeAll, newPage, openBrowser } from "./browser";
import { Server } from "./server";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start({}), openBrowser()]);
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

test("the one-time link leads from an empty server to the first request", async () => {
  const page = await newPage(browser);
  await page.goto(server.setupLink);

  await page.getByLabel("Password", { exact: true }).fill("a long enough one");
  await page.getByLabel("Confirm password").fill("a long enough one");
  await page.getByRole("button", { name: "Set up and sign in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Name").fill("Ada");
  await page.getByRole("button", { name: "Create user" }).click();
  await page.getByText("This is the only time it is shown").waitFor();
  await page.getByText("Waiting for the first request").waitFor();
  await page.getByRole("button", { name: "Send test request" }).click();

  await page.getByText("First request received").waitFor();
  const row = page.getByRole("row", { name: /\/v1\/chat\/completions/ });
  expect(await row.textContent()).toContain("Success");
  await page.getByRole("link", { name: "Go to overview" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
});

test("the link works once", async () => {
  const page = await newPage(browser);
  await page.goto(server.setupLink);

  await page.getByLabel("Password", { exact: true }).fill("somebody else's");
  await page.getByLabel("Confirm password").fill("somebody else's");
  await page.getByRole("button", { name: "Set up and sign in" }).click();

  await page.getByRole("alert").waitFor();
  await page.goto(`${server.url}/setup`);
  await page.getByText("This server is already set up").waitFor();
});
