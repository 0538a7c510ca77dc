import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api, type Made, request } from "./api";
import { closeAll, openBrowser, signedInPage } from "./browser";
import { Server } from "./server";

let server: Server;
let browser: Browser;
let ada: Made;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), openBrowser()]);
  ada = await (await Api.open(server)).createUser("Ada");
  await request(server.url, ada.secret, "demo-claude");
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

/** Closes what is open with Escape, and waits until this has the focus. */
async function escapeTo(page: Page, name: string) {
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.waitForFunction(
    (wanted) => {
      const { activeElement, body } = document;
      if (activeElement === body || activeElement?.id === "main") return false;
      const label = activeElement?.getAttribute("aria-label") ?? activeElement?.textContent ?? "";
      return label.includes(wanted);
    },
    name,
    { timeout: 5_000 },
  );
}

/** Opens a menu and chooses an item with the keyboard. */
async function chooseByKeys(page: Page, menu: string | RegExp, item: string) {
  await page.getByRole("button", { name: menu }).focus();
  await page.keyboard.press("Enter");
  // The menu moves the focus to its first item once it is open. A key before that would choose another item.
  await page.locator('[role="menuitem"]:focus').waitFor();
  const names = await page.getByRole("menuitem").allTextContents();
  const steps = names.findIndex((name) => name.includes(item));
  expect(steps).toBeGreaterThanOrEqual(0);
  for (let step = 0; step < steps; step += 1) await page.keyboard.press("ArrowDown");
  await page.locator('[role="menuitem"]:focus', { hasText: item }).waitFor();
  await page.keyboard.press("Enter");
}

test("the focus returns to the button that opened a dialog", async () => {
  const page = await signedInPage(browser, server.url, `/users/${ada.userId}/limits`);
  await page.getByRole("button", { name: "Add quota" }).focus();
  await page.keyboard.press("Enter");

  await escapeTo(page, "Add quota");
});

test("the focus returns to the menu from which a dialog was opened", async () => {
  const page = await signedInPage(browser, server.url, `/users/${ada.userId}`);
  await chooseByKeys(page, "User actions", "Delete…");

  await escapeTo(page, "User actions");
});

test("the focus returns to the list from a request, and to the page from the search", async () => {
  const page = await signedInPage(browser, server.url, "/requests");
  await page.getByRole("grid").getByText("demo-claude").first().waitFor();
  await page.getByRole("grid").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await escapeTo(page, "Requests");
  await page.keyboard.press("Control+k");

  await escapeTo(page, "Requests");
});

test("Enter in a menu opens the form and does not send it", async () => {
  const page = await signedInPage(browser, server.url, `/users/${ada.userId}/keys`);
  const sent: string[] = [];
  page.on("request", (each) => {
    if (each.postData()?.includes("UpdateApiKey")) sent.push(each.url());
  });
  await chooseByKeys(page, /^Actions for/, "Edit");

  // What is typed reaches the form, so the key press before it is over.
  await page.getByRole("dialog").getByLabel("Name").fill("renamed");
  expect(sent).toEqual([]);
  await page.keyboard.press("Enter");
  await page.getByText("Key saved").waitFor();
});

test("a click beside a dialog does not lose what was typed in it", async () => {
  const page = await signedInPage(browser, server.url, `/users/${ada.userId}/limits`);
  await page.getByRole("button", { name: "Add quota" }).click();
  await page.getByLabel("Limit", { exact: true }).fill("1.5M");

  await page.mouse.click(5, 5);

  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText(/ \/ 1.5M tokens, monthly/).waitFor();
});
