import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api, type Made, request } from "./api";
import { closeAll, openBrowser, signedInPage } from "./browser";
import { PASSWORD, Server } from "./server";

let server: Server;
let browser: Browser;
let ada: Made;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start({ password: PASSWORD }), openBrowser()]);
  const api = await Api.open(server);
  ada = await api.createUser("Ada");
  const grace = await api.createUser("Grace");
  for (const [secret, model] of [
    [ada.secret, "demo-claude"],
    [ada.secret, "demo-gemini"],
    [grace.secret, "demo-claude"],
  ] as const)
    await request(server.url, secret, model);
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

const enter = (path: string): Promise<Page> => signedInPage(browser, server.url, path);

test("a row of the usage table opens into its models by keyboard", async () => {
  const page = await enter("/usage?second=MODEL");
  const toggle = page.getByRole("button", { name: "Ada by Model" });

  await toggle.focus();
  await page.keyboard.press("Enter");

  await page.getByRole("cell", { name: /demo-gemini/ }).waitFor();
  expect(await toggle.getAttribute("aria-expanded")).toBe("true");
  expect(await page.getByRole("cell", { name: /demo-claude/ }).count()).toBe(1);
});

test("a view is saved, opened after a reload, and deleted", async () => {
  const page = await enter("/usage?range=THIS_MONTH&by=MODEL");
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: "Save this view…" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Models this month");
  await page.keyboard.press("Enter");
  await page.getByText("View Models this month saved").waitFor();

  await page.goto(`${server.url}/usage`);
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: "Models this month" }).click();
  await page.waitForURL(/range=THIS_MONTH/);
  expect(page.url()).toContain("by=MODEL");

  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: "Manage views…" }).click();
  await page.getByRole("button", { name: "Delete view Models this month" }).click();
  await page.getByText("View Models this month deleted").waitFor();
});

test("the month says that there is too little usage for a forecast", async () => {
  const page = await enter("/usage?range=THIS_MONTH");

  await page.getByText("Too little usage for a forecast of this month").waitFor();
});

test("on a phone tokens, cost and share are read without scrolling sideways", async () => {
  const page = await enter("/usage");
  await page.setViewportSize({ width: 390, height: 844 });

  const row = page.getByRole("row", { name: /Ada/ });
  const line = row.getByText(/tokens · \$/);
  await line.waitFor();
  const box = await line.boundingBox();
  expect((box?.x ?? 0) + (box?.width ?? 999)).toBeLessThanOrEqual(390);
});
