import { existsSync } from "node:fs";
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";
import { afterEach, expect } from "vitest";
import { PASSWORD } from "./server";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const PATIENCE_MS = 20_000;
// No part of a test goes to the internet, nor does what a browser does of itself.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Starts the system's Chromium; CHROMIUM says where it is. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? PLACES.find((place) => existsSync(place));
  if (!executablePath) throw new Error("Chromium is missing: run scripts/need chromium");
  return chromium.launch({ executablePath, args: FLAGS });
}

const complaints: string[] = [];

// A refused script, a missing file or an uncaught error is a fault of the page, whatever else went well.
afterEach(() => {
  expect(complaints.splice(0)).toEqual([]);
});

// What a test does on purpose: a wrong password, a server that is gone. A file that is missing on a server that is there
// is a status of 404 as well.
const EXPECTED =
  /status of 401|ERR_CONNECTION_REFUSED|WebSocket connection to|ERR_EMPTY_RESPONSE|Unable to preload CSS|dynamically imported module/;

function watch(page: Page) {
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("pageerror", (error) => {
    if (!EXPECTED.test(error.message)) complaints.push(error.message);
  });
  page.on("console", (message) => {
    const isBad = message.type() === "error" && !EXPECTED.test(message.text());
    if (isBad) complaints.push(`${message.text()} (${message.location().url})`);
  });
}

/** A browser window of somebody who was never here. */
export async function newPage(
  browser: Browser,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  watch(page);
  return page;
}

/** Signs an administrator in on the page that asks for it. */
export async function signIn(page: Page, password = PASSWORD) {
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** A window that is signed in. */
export async function signedInPage(browser: Browser, url: string, path = "/"): Promise<Page> {
  const page = await newPage(browser);
  await page.goto(url + path);
  await signIn(page);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByRole("button", { name: "Account and appearance" }).first().waitFor();
  return page;
}

/** The open dialog, once it is the only one: a dialog that closes stays on the page until it has faded. */
export async function openDialog(page: Page, name?: string): Promise<Locator> {
  const dialogs = page.getByRole("dialog");
  const dialog = name ? page.getByRole("dialog", { name }) : dialogs.first();
  await dialog.waitFor();
  await dialogs.nth(1).waitFor({ state: "detached" });
  return dialog;
}

/** Clicks the button that closes the open dialog, and waits until no dialog is left. */
export async function closeDialog(page: Page, button: string) {
  const dialog = await openDialog(page);
  await dialog.getByRole("button", { name: button, exact: true }).click();
  await page.getByRole("dialog").first().waitFor({ state: "detached" });
}

/** Closes the open dialog by the keyboard, and waits until no dialog is left. */
export async function escapeDialog(page: Page) {
  await openDialog(page);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").first().waitFor({ state: "detached" });
}

/** Clicks the button that ends the open dialog and opens the dialog of this name. */
export async function nextDialog(page: Page, button: string, name: string): Promise<Locator> {
  const dialog = await openDialog(page);
  await dialog.getByRole("button", { name: button, exact: true }).click();
  return openDialog(page, name);
}

/** Closes the windows that a test has opened. */
export async function closeAll(browser: Browser) {
  await Promise.all(browser.contexts().map((context: BrowserContext) => context.close()));
}
