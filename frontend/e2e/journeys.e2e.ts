import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api, request } from "./api";
import {
  closeAll,
  closeDialog,
  newPage,
  nextDialog,
  openBrowser,
  openDialog,
  signedInPage,
  signIn,
} from "./browser";
import { PASSWORD, Server } from "./server";

const RATE_LIMIT =
  "query($id: ID!) { user(id: $id) { rateLimit { requestsPerMinute tokensPerMinute } } }";

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

test("who follows a link signs in first, and then is where it leads", async () => {
  const page = await newPage(browser);
  await page.goto(`${server.url}/users?show=disabled`);

  await signIn(page, "not the password");
  await page.getByText("Incorrect password").waitFor();
  await signIn(page);

  await page.getByRole("heading", { name: "Users", level: 1 }).waitFor();
  expect(page.url()).toBe(`${server.url}/users?show=disabled`);
});

test("a new user's key is shown once, copied, and works", async () => {
  const page = await signedInPage(browser, server.url, "/users");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);

  await page.getByRole("button", { name: "Create user" }).first().click();
  await page.getByLabel("Name").fill("Grace Hopper");
  const dialog = await nextDialog(page, "Create user", "API key of Grace Hopper");
  await dialog.getByRole("button", { name: "Copy" }).first().click();
  await dialog.getByText("Copied").waitFor();
  await page.keyboard.press("Escape");
  await dialog.getByRole("checkbox").check();
  await closeDialog(page, "Done");

  const key = await page.evaluate(() => navigator.clipboard.readText());
  expect(await request(server.url, key)).toBe(200);
  await page.getByRole("link", { name: "Grace Hopper" }).waitFor();
  expect(await page.content()).not.toContain(key);
});

test("a request appears by itself while somebody looks on", async () => {
  const { secret } = await api.createUser("Live");
  const page = await signedInPage(browser, server.url, "/requests");
  await page.getByText("Live", { exact: true }).first().waitFor();

  await request(server.url, secret, "demo-claude");

  await page.getByRole("grid").getByText("demo-claude").first().waitFor();
});

test("a quota that is set on the page holds, and the page shows that it is used up", async () => {
  const { userId, secret } = await api.createUser("Two requests");
  const page = await signedInPage(browser, server.url, `/users/${userId}/limits`);

  await page.getByRole("button", { name: "Add quota" }).click();
  await page.getByLabel("Metric").selectOption("REQUESTS");
  await page.getByLabel("Limit", { exact: true }).fill("2");
  await closeDialog(page, "Save");
  await page.getByText("0 / 2 requests, monthly").waitFor();
  const statuses = [];
  for (let count = 0; count < 3; count += 1) statuses.push(await request(server.url, secret));

  expect(statuses).toEqual([200, 200, 429]);
  await page.getByRole("link", { name: "Overview" }).last().click();
  await page.getByRole("meter", { name: "Used" }).waitFor();
  await page.getByText("Limit reached").waitFor();
});

test("usage is filtered to one user, and the address keeps the filter", async () => {
  const [one, other] = [await api.createUser("Ida Rhodes"), await api.createUser("Kay Antonelli")];
  for (const { secret } of [one, other, other]) await request(server.url, secret);
  const page = await signedInPage(browser, server.url, "/usage?range=LAST_7_DAYS");
  const users = page.getByRole("table", { name: "Breakdown: User" });
  await users.getByText("Ida Rhodes").waitFor();

  await page.getByRole("combobox", { name: "User", exact: true }).fill("kay");
  await page.getByRole("option", { name: "Kay Antonelli" }).click();

  await users.getByText("Ida Rhodes").waitFor({ state: "detached" });
  await users.getByText("Kay Antonelli").waitFor();
  expect(new URL(page.url()).searchParams.get("user")).toBe(other.userId);
  await page.reload();
  await users.getByText("Kay Antonelli").waitFor();
  expect(await users.getByText("Ida Rhodes").count()).toBe(0);
});

test("a usage row opens its parts, its chip removes the filter, and going back undoes that", async () => {
  const { userId, secret } = await api.createUser("Grete Hermann");
  await request(server.url, secret, "demo-claude");
  const page = await signedInPage(browser, server.url, "/usage?range=LAST_7_DAYS");
  const filter = () => new URL(page.url()).searchParams.get("user");

  await page.getByRole("button", { name: "Grete Hermann", exact: true }).click();
  const models = page.getByRole("table", { name: "Breakdown: Model" });
  await models.getByText("demo-claude").waitFor();
  expect(filter()).toBe(userId);
  expect(await models.getByRole("row").count()).toBe(2);

  await page.getByRole("button", { name: "Remove filter User: Grete Hermann" }).click();
  await page.waitForURL((url) => !url.searchParams.has("user"));
  await page.goBack();
  await page.waitForURL((url) => url.searchParams.get("user") === userId);
  await models.getByText("demo-claude").waitFor();
});

test("a removed quota is brought back by undoing", async () => {
  const { userId } = await api.createUser("Undone", {
    quotas: [{ metric: "TOKENS", limit: 5000 }],
  });
  const page = await signedInPage(browser, server.url, `/users/${userId}/limits`);
  const quota = page.getByText("0 / 5,000 tokens, monthly");

  await page.getByRole("button", { name: "Remove quota" }).click();
  await quota.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();

  await quota.waitFor();
});

test("two who change the settings at once see each other, and lose nothing", async () => {
  const mine = await signedInPage(browser, server.url, "/settings");
  const theirs = await signedInPage(browser, server.url, "/settings");
  await mine.getByLabel("Request log retention (days)").fill("30");

  await theirs.getByLabel("Drain timeout (seconds)").fill("45");
  await theirs.getByRole("button", { name: "Review changes" }).click();
  await closeDialog(theirs, "Save settings");
  await theirs.getByText("Settings saved").waitFor();
  await mine.getByRole("button", { name: "Review changes" }).click();
  await mine.getByRole("button", { name: "Save settings" }).click();

  const conflict = mine.getByRole("table", { name: "Their changes" });
  expect(await conflict.textContent()).toContain("45");
  await closeDialog(mine, "Save settings");
  await mine.getByText("Settings saved").waitFor();
  expect(await api.ask("{ settings { drainSeconds retentionDays } }")).toEqual({
    settings: { drainSeconds: 45, retentionDays: 30 },
  });
});

/** Ends all other sessions, and with them the one of the script that prepares tests. */
async function endOtherSessions() {
  const other = await signedInPage(browser, server.url, "/settings/sessions");
  await other.getByRole("button", { name: "End other sessions" }).click();
  await other.getByText(/other sessions? ended/).waitFor();
  api = await Api.open(server);
}

test("a session that is ended elsewhere asks to sign in again, and goes on where it was", async () => {
  const page = await signedInPage(browser, server.url, "/usage?range=TODAY");
  await endOtherSessions();

  await openDialog(page, "Your session has ended");
  await signIn(page);
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(page.url()).toBe(`${server.url}/usage?range=TODAY`);
  await page.getByRole("link", { name: "Users" }).first().click();
  await page.getByRole("heading", { name: "Users", level: 1 }).waitFor();
});

test("a form keeps what was typed when the session ends before it is saved", async () => {
  const { userId } = await api.createUser("Kept");
  const page = await signedInPage(browser, server.url, `/users/${userId}/limits`);
  await page.getByRole("button", { name: "Add quota" }).click();
  await page.getByLabel("Limit", { exact: true }).fill("7M");
  await endOtherSessions();

  const again = page.getByRole("dialog", { name: "Your session has ended" });
  const password = again.getByLabel("Password", { exact: true });
  await password.fill("not the password");
  await password.press("Enter");
  await again.getByText("Incorrect password").waitFor();
  await password.fill(PASSWORD);
  await password.press("Enter");
  await again.waitFor({ state: "detached" });

  expect(await page.getByLabel("Limit", { exact: true }).inputValue()).toBe("7M");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("0 / 7M tokens, monthly").waitFor();
});

test("a page whose session has ended can be left for the sign-in page", async () => {
  const page = await signedInPage(browser, server.url, "/requests");
  await endOtherSessions();
  await page.getByRole("button", { name: "Leave this page" }).click();

  await page.getByText("Your session has ended. Sign in again.").waitFor();
  await signIn(page);
  await page.getByRole("heading", { name: "Requests", level: 1 }).waitFor();
});

test("a page that was open while the server was started again goes on without being loaded", async () => {
  const { secret } = await api.createUser("Patient");
  const page = await signedInPage(browser, server.url, "/requests");
  await page.getByText("Live", { exact: true }).first().waitFor();
  await page.evaluate(() => document.body.setAttribute("data-same-page", "yes"));

  await server.stop();
  await page.getByText("Connection lost").waitFor();
  await server.begin();
  await request(server.url, secret, "demo-gemini");

  await page.getByRole("grid").getByText("demo-gemini").first().waitFor();
  await page.getByText("Connection lost").waitFor({ state: "detached" });
  expect(await page.locator("body[data-same-page]").count()).toBe(1);
  api = await Api.open(server);
});

test("every live page comes back after an outage that outlasts several attempts to reconnect", async () => {
  const paths = ["/", "/requests", "/engine", "/providers"];
  const pages = await Promise.all(paths.map((path) => signedInPage(browser, server.url, path)));
  for (const page of pages) await page.waitForLoadState("networkidle");

  await server.stop();
  await Promise.all(
    pages.map(async (page) => {
      await page.getByText("Connection lost").waitFor();
      for (let attempt = 0; attempt < 3; attempt += 1) await page.waitForEvent("websocket");
    }),
  );
  await server.begin();

  for (const page of pages) {
    await page.getByText("Connection lost").waitFor({ state: "detached" });
  }
  api = await Api.open(server);
});

test("a few letters lead to a user from anywhere", async () => {
  await api.createUser("Bùi Minh Đức");
  const page = await signedInPage(browser, server.url, "/engine");

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search pages" }).fill("minh duc");
  await page.getByRole("option", { name: /Bùi Minh Đức.*User/ }).waitFor();
  await page.keyboard.press("Enter");

  await page.getByRole("heading", { name: "Bùi Minh Đức", level: 1 }).waitFor();
});

test("a leaked key leads to its row", async () => {
  const leaked = await api.createUser("Leaky");
  const revoked = await api.createUser("Revoked");
  await api.ask("mutation($id: ID!) { revokeApiKey(id: $id) { apiKey { id } } }", {
    id: revoked.apiKeyId,
  });
  // More users than the search offers by itself.
  for (let count = 0; count < 55; count += 1) {
    const { secret } = await api.createUser(`Newer ${count}`);
    await request(server.url, secret);
  }
  const page = await signedInPage(browser, server.url, "/engine");
  const find = async (text: string) => {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search pages" }).fill(text);
  };

  for (const text of [leaked.secret, leaked.secret.slice(-4), leaked.secret.slice(0, 13)]) {
    await find(text);
    await page.getByRole("option", { name: /default.*Leaky · sk-leaky/ }).click();
    await page.getByRole("heading", { name: "Leaky", level: 1 }).waitFor();
    await page.locator("tr[aria-current]").getByText("sk-leaky").waitFor();
    expect(page.url()).not.toContain(leaked.secret);
    await page.goto(`${server.url}/engine`);
    await page.getByRole("heading", { level: 1 }).waitFor();
  }
  await find(revoked.secret);
  await page.getByRole("option", { name: /Revoked · sk-revoked-.*Revoked/ }).click();
  await page.locator("tr[aria-current]").getByText("Revoked", { exact: true }).waitFor();
});

test("a whole key in the search of users is looked up and stays out of the address", async () => {
  const { secret } = await api.createUser("Pasted");
  const page = await signedInPage(browser, server.url, "/users");
  const field = page.getByRole("searchbox", { name: "Search users" });

  await field.fill(secret);
  await page.getByText("This API key belongs to Pasted: default").waitFor();
  expect(page.url()).toBe(`${server.url}/users`);
  expect(await field.inputValue()).toBe(secret);
  await field.fill(`${secret.slice(0, 3)}nobody-has-this-key-0123456789`);
  await page.getByText("No user has this API key").waitFor();
  await field.fill(secret);
  await page.getByRole("link", { name: "Open key" }).click();
  await page.getByRole("heading", { name: "Pasted", level: 1 }).waitFor();
});

test("a leaked key that is pasted is revoked on the spot, and no longer opens the gateway", async () => {
  const { secret, userId } = await api.createUser("Spilled");
  expect(await request(server.url, secret)).toBe(200);
  const page = await signedInPage(browser, server.url, "/engine");
  const urls: string[] = [];
  page.on("request", (sent) => urls.push(sent.url()));

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search pages" }).fill(`KEY="${secret}"`);
  await page.getByText("This API key belongs to Spilled: default").waitFor();
  await page.getByText("127.0.0.1").waitFor();
  await page.getByText(/^1 request, /).waitFor();
  await page.getByRole("button", { name: "Revoke…" }).click();
  await page.getByLabel(/Type “/).fill("default");
  await page.getByRole("button", { name: "Revoke key", exact: true }).click();
  await page.getByText("default revoked").waitFor();

  expect(await request(server.url, secret)).toBe(401);
  // The search stays open with the new state, and takes the keyboard back.
  await page.getByRole("note").getByText("Revoked", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Rotate…" }).waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(page.url()).toBe(`${server.url}/engine`);
  expect(urls.filter((url) => url.includes(secret))).toEqual([]);
  await page.goto(`${server.url}/keys?user=${userId}&show=revoked`);
  await page
    .getByRole("row")
    .filter({ hasText: "Spilled" })
    .getByText("127.0.0.1")
    .last()
    .waitFor();
});

test("several keys are chosen in the list of all keys and revoked together", async () => {
  const made = [await api.createUser("Batch one"), await api.createUser("Batch two")];
  const page = await signedInPage(browser, server.url, "/keys?search=batch");
  await page.getByText("2 keys", { exact: true }).waitFor();

  await page.getByLabel("Select all keys on this page").check();
  await page.getByRole("button", { name: "Revoke 2 keys…" }).click();
  await page.getByRole("dialog").getByText("Batch two").waitFor();
  await page.getByLabel(/Type “/).fill("revoke 2 keys");
  await page.getByRole("button", { name: "Revoke 2 keys", exact: true }).click();
  await page.getByText("2 keys revoked").waitFor();

  for (const { secret } of made) expect(await request(server.url, secret)).toBe(401);
  await page.getByLabel("Show", { exact: true }).selectOption("Active");
  await page.getByText("No matching keys").waitFor();
  expect(new URL(page.url()).search).toBe("?search=batch&show=active");
});

test("two who change limits at once see each other's changes and keep them", async () => {
  const { userId } = await api.createUser("Shared");
  const mine = await signedInPage(browser, server.url, `/users/${userId}/limits`);
  const theirs = await signedInPage(browser, server.url, `/users/${userId}/limits`);
  for (const page of [mine, theirs]) await page.getByText("No quotas").waitFor();
  const add = async (page: Page, metric: string, limit: string) => {
    await page.getByRole("button", { name: "Add quota" }).click();
    await page.getByLabel("Metric").selectOption(metric);
    await page.getByLabel("Limit", { exact: true }).fill(limit);
    await closeDialog(page, "Save");
  };

  await add(theirs, "REQUESTS", "12");
  await add(mine, "TOKENS", "5000");
  await mine.getByText("0 / 12 requests, monthly").waitFor();
  await mine.getByText("0 / 5,000 tokens, monthly").waitFor();

  await theirs.getByLabel("Requests per minute (RPM)").fill("30");
  await theirs.getByRole("button", { name: "Save", exact: true }).click();
  await theirs.getByText("Rate limits saved").waitFor();
  await mine.getByLabel("Tokens per minute (TPM)").fill("9000");
  await mine.getByRole("button", { name: "Save", exact: true }).click();
  await mine.getByRole("table", { name: "Their changes" }).getByText("30").waitFor();
  await mine.getByRole("button", { name: "Save", exact: true }).click();
  await mine.getByText("Rate limits saved").waitFor();
  expect(await api.ask(RATE_LIMIT, { id: userId })).toEqual({
    user: { rateLimit: { requestsPerMinute: 30, tokensPerMinute: 9000 } },
  });
});

test("the language is chosen in the menu, and kept", async () => {
  const page = await signedInPage(browser, server.url, "/settings");

  await page.getByRole("button", { name: "Account and appearance" }).first().click();
  await page.getByRole("menuitemradio", { name: "Tiếng Việt" }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Cài đặt", level: 1 }).waitFor();
  await page.reload();

  await page.getByRole("heading", { name: "Cài đặt", level: 1 }).waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("vi");
});

test("what cannot be undone asks for the name first", async () => {
  const { userId } = await api.createUser("Mistaken");
  const page = await signedInPage(browser, server.url, `/users/${userId}`);

  await page.getByRole("button", { name: "User actions" }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  const confirm = page.getByRole("button", { name: "Delete user" });
  expect(await confirm.isDisabled()).toBe(true);
  await page.getByLabel(/Type “Mistaken”/).fill("Mistaken");
  await closeDialog(page, "Delete user");

  await page.getByText("Mistaken deleted").waitFor();
  await page.goto(`${server.url}/users?show=archived`);
  await page.getByRole("link", { name: "Mistaken" }).waitFor();
});
