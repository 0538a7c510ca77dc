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

test("any of 300 users is found in the filters by typing", async () => {
  const api = await Api.open(server);
  for (let number = 0; number < 300; number += 20) {
    const names = Array.from(
      { length: 20 },
      (_, more) => `user ${String(number + more).padStart(3, "0")}`,
    );
    await Promise.all(names.map((name) => api.createUser(name)));
  }
  const { userId, secret } = await api.createUser("zoe of the end");
  await request(server.url, secret, "demo-claude");

  for (const path of ["/usage", "/requests", "/keys"]) {
    const page = await enter(path);
    const field = page.getByRole("combobox", { name: "User", exact: true });
    await field.click();
    await page.getByText("Type to find more").waitFor();
    await field.pressSequentially("of the E");
    await page.getByRole("option", { name: "zoe of the end" }).waitFor();
    expect(await page.getByRole("listbox").getByRole("option").count()).toBe(1);
    await page.keyboard.press("Enter");
    await page.waitForURL(new RegExp(`user=${userId}`));
    await page.reload();
    await expect.poll(() => field.inputValue()).toBe("zoe of the end");
    await page.close();
  }
});

test("requests are filtered by the beginning of a model's name", async () => {
  const page = await enter("/requests");
  await page.getByRole("grid").getByText("demo-gemini").first().waitFor();

  const field = page.getByRole("combobox", { name: "Model" });
  await field.click();
  await field.pressSequentially("DEMO-cl");
  await page.getByRole("option", { name: "Starting with “DEMO-cl”" }).click();

  await page.getByRole("grid").getByText("demo-gemini").first().waitFor({ state: "detached" });
  await page.getByRole("grid").getByText("demo-claude").first().waitFor();
  expect(await field.inputValue()).toBe("DEMO-cl*");
});

test("a cell of the map of hours shows its busiest day, by keyboard", async () => {
  const page = await enter("/usage?range=LAST_7_DAYS");
  const grid = page.getByRole("grid", { name: "Activity by hour: Heat map" });
  const cell = grid.locator("td[tabindex='0']");
  expect(await cell.getAttribute("aria-label")).toMatch(/requests?. Most on /);

  await cell.focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");

  await page.waitForURL(/from=\d{4}-\d{2}-\d{2}&to=/);
  await page
    .getByText(/^Period: /)
    .first()
    .waitFor();
});

test("a view is replaced by saving under its name, after a confirmation", async () => {
  const page = await enter("/usage?range=THIS_MONTH");
  const save = async (button: string) => {
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Save this view…" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Mine");
    await page.getByRole("button", { name: button }).click();
  };
  await save("Save");
  await page.getByText("View Mine saved").waitFor();
  await page.goto(`${server.url}/usage?range=TODAY`);
  await save("Replace view");
  await page.getByText("View Mine replaced").waitFor();

  const { savedViews } = await (await Api.open(server)).ask(
    "{ savedViews(page: USAGE) { name search } }",
  );
  expect(savedViews).toEqual([{ name: "Mine", search: "range=TODAY" }]);
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
  await page.getByLabel("Name of Models this month").waitFor({ state: "detached" });
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
