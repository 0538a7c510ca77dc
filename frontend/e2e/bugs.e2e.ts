import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api, type Made, request } from "./api";
import {
  closeAll,
  closeDialog,
  newPage,
  openBrowser,
  openDialog,
  signedInPage,
  signIn,
} from "./browser";
import { PASSWORD, Server } from "./server";

let server: Server;
let browser: Browser;
let api: Api;
let ada: Made;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), openBrowser()]);
  api = await Api.open(server);
  ada = await api.createUser("Ada");
  const others = await Promise.all(
    Array.from({ length: 10 }, (_, number) => api.createUser(`User ${number}`)),
  );
  for (const { secret } of [ada, ...others])
    expect(await request(server.url, secret, "demo-claude")).toBe(200);
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

test("the overview counts all active users, not only those that it lists", async () => {
  const page = await signedInPage(browser, server.url);

  await page.getByText("11 active users").waitFor();
});

test("the list of providers follows every change of another tab, not only the first", async () => {
  const page = await signedInPage(browser, server.url, "/providers");
  await page.getByRole("heading", { name: "Gemini", exact: true }).waitFor();
  for (const label of ["first", "second", "third"]) {
    await api.ask(
      "mutation($i: AddProviderApiKeyInput!) { addProviderApiKey(input: $i) { account { id } } }",
      { i: { kind: "GEMINI", apiKey: `AIza-a-key-of-a-test-${label}`, label } },
    );

    await page.getByText(label, { exact: true }).waitFor({ timeout: 10_000 });
  }
});

test("a link to all errors shows in the list of statuses that it is filtered", async () => {
  const page = await signedInPage(browser, server.url, "/requests?outcome=UPSTREAM_ERROR,REJECTED");
  const status = page.getByLabel("Status", { exact: true });
  await status.waitFor();

  expect(await status.locator("option:checked").textContent()).toBe("Upstream error, Rejected");
});

test("the filter of models offers the models that there are", async () => {
  const page = await signedInPage(browser, server.url, "/requests");
  const field = page.getByRole("combobox", { name: "Model" });
  await field.click();

  // Not used yet, other than the first one.
  for (const model of ["demo-claude", "demo-gemini"])
    await page.getByRole("option", { name: model, exact: true }).waitFor();
});

test("rate limits that are not set show the server's default, and unsaved ones are not lost by a click", async () => {
  const { settings } = await api.ask("{ settings { version } }");
  await api.ask(
    "mutation($v: Int!) { updateSettings(input: { defaultRateLimit: { requestsPerMinute: 1234 } }, expectedVersion: $v) { settings { version } } }",
    { v: (settings as { version: number }).version },
  );
  const page = await signedInPage(browser, server.url, `/users/${ada.userId}/limits`);
  const field = page.getByLabel("Tokens per minute (TPM)");
  await field.waitFor();
  await page.getByText("Using server default").waitFor();
  const rpm = page.getByLabel("Requests per minute (RPM)");
  expect(await rpm.getAttribute("placeholder")).toBe("1,234 (default)");
  await field.fill("9000");

  await page.getByRole("link", { name: "Usage", exact: true }).last().click();
  const dialog = await openDialog(page, "Discard unsaved changes?");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await field.inputValue()).toBe("9000");

  await page.getByRole("link", { name: "Usage", exact: true }).last().click();
  await closeDialog(page, "Leave without saving");
  await page.waitForURL(/\/usage$/);
});

test("a page that is opened while the server is down comes by itself once it is back", async () => {
  const page = await signedInPage(browser, server.url);
  await page.waitForLoadState("networkidle");
  await server.stop();
  await page.getByRole("link", { name: "Playground" }).click();

  await page.getByText("The server could not be reached").first().waitFor();
  expect(await page.getByText("This page could not be loaded").count()).toBe(0);
  await server.begin();
  await page.getByRole("heading", { name: "Playground", level: 1 }).waitFor();
  api = await Api.open(server);
});

test("a name that is taken is said without advice to reload", async () => {
  const page = await signedInPage(browser, server.url, "/users");
  await page.getByRole("button", { name: "Create user" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill("Ada");
  const dialog = await openDialog(page);
  await dialog.getByRole("button", { name: "Create user" }).click();

  const notice = dialog.getByRole("alert");
  await notice.waitFor();
  expect(await notice.textContent()).toMatch(/name/i);
  expect(await notice.textContent()).not.toMatch(/reload/i);
});

test("a row of the audit log opens its event wherever it is clicked, and has a subject", async () => {
  const page = await signedInPage(browser, server.url, "/audit?action=createUser");
  const row = page.getByRole("row", { name: /Create user.*Ada/ });

  // By force: what receives the click is the button of the row, which covers it.
  await row
    .getByRole("cell")
    .last()
    .click({ position: { x: 4, y: 4 }, force: true });

  await (await openDialog(page)).getByText("Ada").first().waitFor();
});

test("usage without a share draws no bar, and a user's usage is not divided by user", async () => {
  const { secret } = await api.createUser("Idle");
  await request(server.url, secret, "no-such-model");
  const page = await signedInPage(browser, server.url, "/usage?measure=tokens");
  const row = page.getByRole("row", { name: /Idle/ });
  await row.getByText("0%", { exact: true }).waitFor();
  const widths = await row
    .locator("span[style]")
    .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().width));
  expect(Math.max(0, ...widths)).toBe(0);

  await page.goto(`${server.url}/users/${ada.userId}/usage`);
  const tabs = page.getByRole("group", { name: "Breakdown" });
  await tabs.getByRole("button", { name: "Model" }).waitFor();
  expect(await tabs.getByRole("button", { name: "User" }).count()).toBe(0);
});

test("a key of a disabled user is refused with that among the reasons", async () => {
  const { userId, secret } = await api.createUser("Off");
  await api.ask(
    "mutation($id: ID!) { setUsersEnabled(ids: [$id], enabled: false) { users { id } } }",
    {
      id: userId,
    },
  );
  const page = await newPage(browser);
  await page.goto(`${server.url}/login?as=key`);
  await page.getByLabel("API key").fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();

  await page.getByText(/or its user is disabled/).waitFor();
});

test("nothing about an archived user can be changed", async () => {
  const { userId, secret } = await api.createUser("Gone");
  await request(server.url, secret, "demo-claude");
  await api.ask("mutation($id: ID!) { archiveUser(id: $id) { user { id } } }", { id: userId });
  const page = await signedInPage(browser, server.url, "/usage?range=LAST_7_DAYS");
  await page.getByRole("button", { name: "Gone", exact: true }).waitFor();
  expect(await page.getByRole("button", { name: "Limit Gone…" }).count()).toBe(0);
  await page.getByRole("button", { name: "Limit Ada…" }).waitFor();

  await page.goto(`${server.url}/users/${userId}/limits`);
  await page.getByText("No quotas").waitFor();
  expect(await page.getByRole("button", { name: /Add quota|Save/ }).count()).toBe(0);
});

test("of several administrators, the sign-in page asks for the name and remembers it", async () => {
  await api.ask("mutation($i: CreateAdminInput!) { createAdmin(input: $i) { admin { id } } }", {
    i: { username: "grace", role: "VIEWER", password: PASSWORD },
  });
  const page = await newPage(browser);
  await page.goto(`${server.url}/requests`);
  await signIn(page);
  await page.getByText("Enter your username.").waitFor();
  await page.getByLabel("Username").fill("grace");
  await signIn(page);
  await page.getByRole("heading", { name: "Requests", level: 1 }).waitFor();

  await page.context().clearCookies();
  await page.goto(`${server.url}/login`);
  expect(await page.getByLabel("Username").inputValue()).toBe("grace");
});
