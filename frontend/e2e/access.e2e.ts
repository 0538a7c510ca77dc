import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api, type Made, request } from "./api";
import { closeAll, escapeDialog, newPage, openBrowser, openDialog, signedInPage } from "./browser";
import { PASSWORD, Server } from "./server";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const RULES = [...WCAG, "best-practice"];
const SIZES = [
  { width: 1440, height: 900 },
  { width: 360, height: 760 },
];

let server: Server;
let browser: Browser;
let ada: Made;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), openBrowser()]);
  const api = await Api.open(server);
  const quotas = [
    { metric: "REQUESTS", limit: 3, modelPattern: "demo-*" },
    { metric: "TOKENS", limit: 100_000, window: "DAY", strict: true },
  ];
  ada = await api.createUser("Ada", { quotas, email: "ada@example.org", note: "the first" });
  await api.createUser("Grace");
  await request(server.url, ada.secret, "demo-claude");
  await request(server.url, ada.secret, "no-such-model");
  await api.ask(
    "mutation($i: AddProviderApiKeyInput!) { addProviderApiKey(input: $i) { account { id } } }",
    { i: { kind: "CLAUDE", apiKey: "sk-ant-a-key-of-a-test", label: "work", prefix: "team" } },
  );
  await api.ask(
    "mutation($i: CreateNotificationChannelInput!) { createNotificationChannel(input: $i) { channel { id } } }",
    { i: { name: "on call", settings: { webhook: { url: "https://ops.example.org/hook" } } } },
  );
  await api.ask('mutation { createApiToken(input: { name: "script", role: ADMIN }) { secret } }');
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

/** What axe has to say against the page as it is, and whether it is wider than the window. */
async function faults(page: Page, where: string, rules = RULES): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // The other theme is there with the next frame.
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    const results = await page.evaluate<AxeResults>(
      `${AXE}; axe.run(document, { runOnly: ${JSON.stringify(rules)} })`,
    );
    for (const { id, nodes } of results.violations) {
      found.push(`${where} ${colorScheme}: ${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
    }
  }
  return found;
}

async function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
}

/** Goes to a place, waits until it has what it shows, and looks at it in both sizes and themes. */
async function look(page: Page, path: string): Promise<string[]> {
  await page.goto(server.url + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForFunction(() => !document.querySelector("main .skeleton, main .animate-spin"));
  const found = await faults(page, path);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    if (await isTooWide(page)) found.push(`${path} is wider than ${size.width}`);
  }
  found.push(...(await faults(page, `${path} at 360`)));
  await page.setViewportSize(SIZES[0] ?? { width: 1440, height: 900 });
  return found;
}

test("nobody is kept out of the pages before the door", async () => {
  const page = await newPage(browser);
  const found = [];
  for (const path of ["/login", "/login?as=key", "/setup"]) found.push(...(await look(page, path)));

  expect(found).toEqual([]);
});

test.for([
  ["/", "/requests", "/usage", "/usage?by=PROVIDER&range=TODAY"],
  ["/users", "/users?search=nobody", "/providers", "/playground", "/engine", "/nowhere"],
  ["/models", "/models/aliases", "/models/prices", "/models/resolve?name=demo-claude", "/audit"],
  ["/settings", "/settings/tokens", "/settings/sessions", "/settings/password"],
  ["/settings/admins", "/settings/notifications", "/settings/backups"],
  ["/welcome", "/welcome?step=user"],
])("nobody is kept out of %s", async (paths) => {
  const page = await signedInPage(browser, server.url);
  const found = [];
  for (const path of paths) found.push(...(await look(page, path)));

  expect(found).toEqual([]);
});

test("nobody is kept out of the pages about a user", async () => {
  const page = await signedInPage(browser, server.url);
  const found = [];
  for (const tab of ["", "/keys", "/limits", "/usage", "/connect", "/requests"]) {
    found.push(...(await look(page, `/users/${ada.userId}${tab}`)));
  }

  expect(found).toEqual([]);
});

test("nobody is kept out of what opens above a page", async () => {
  const page = await signedInPage(browser, server.url, "/users");
  await page.goto(`${server.url}/users?create=yes`);
  const found = [];
  await openDialog(page);
  found.push(...(await faults(page, "a new user")));
  await escapeDialog(page);
  await page.keyboard.press("Control+k");
  await page.getByRole("option").first().waitFor();
  found.push(...(await faults(page, "the palette")));
  await escapeDialog(page);
  await page.goto(`${server.url}/users/${ada.userId}/limits`);
  await page.getByRole("button", { name: "Add quota" }).click();
  await openDialog(page);
  found.push(...(await faults(page, "a new quota")));
  await escapeDialog(page);
  await page.getByRole("button", { name: "Account and appearance" }).first().click();
  await page.getByRole("menu").waitFor();
  // A menu floats above all landmarks, which is no fault but in the eyes of the best practices.
  found.push(...(await faults(page, "the menu", WCAG)));

  expect(found).toEqual([]);
});

test("nobody is kept out of what opens above the pages of accounts and administrators", async () => {
  const page = await signedInPage(browser, server.url, "/providers");
  const found = [];
  await page.getByRole("button", { name: "Actions for work" }).click();
  await page.getByRole("menuitem", { name: "Edit…" }).click();
  await page.getByLabel("Priority").waitFor();
  found.push(...(await faults(page, "an account")));
  await escapeDialog(page);
  await page.getByRole("button", { name: "Add API key for Claude" }).click();
  await page.getByRole("button", { name: "Bulk add" }).click();
  await page.getByText("Advanced").click();
  found.push(...(await faults(page, "many keys")));
  await page.goto(`${server.url}/settings/notifications`);
  await page.getByRole("button", { name: "Add channel" }).first().click();
  await openDialog(page);
  found.push(...(await faults(page, "a new channel")));
  await page.goto(`${server.url}/settings/password`);
  await page.getByRole("button", { name: "Set up", exact: true }).click();
  await page.getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("img", { name: /QR code/ }).waitFor();
  found.push(...(await faults(page, "a second factor")));
  await page.goto(`${server.url}/audit`);
  await page.getByRole("button", { name: "Create user" }).first().click();
  await openDialog(page);
  found.push(...(await faults(page, "an event")));

  expect(found).toEqual([]);
});

test("nobody is kept out of the pages of end users", async () => {
  const page = await newPage(browser);
  await page.goto(`${server.url}/login?as=key`);
  await page.getByLabel("API key").fill(ada.secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Usage and limits" }).waitFor();
  const found = [];
  for (const path of ["/me", "/me/requests", "/me/connect"])
    found.push(...(await look(page, path)));

  expect(found).toEqual([]);
});
