import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api, type Made, request } from "./api";
import { closeAll, openBrowser } from "./browser";
import { Keyboard } from "./byKeyboard";
import { PASSWORD, Server } from "./server";

const PHONE = { viewport: { width: 390, height: 844 } };
const NEW_PASSWORD = "four or five random words";

let server: Server;
let fresh: Server;
let browser: Browser;
let api: Api;
let heavy: Made;
let light: Made;

beforeAll(async () => {
  [server, fresh, browser] = await Promise.all([Server.start(), Server.start({}), openBrowser()]);
  api = await Api.open(server);
  light = await api.createUser("Ada Lovelace", {
    quotas: [{ metric: "REQUESTS", limit: 1, window: "LIFETIME" }],
  });
  heavy = await api.createUser("Grace Hopper");
  for (let count = 0; count < 3; count += 1) await request(server.url, heavy.secret, "demo-claude");
  await request(server.url, heavy.secret, "no-such-model");
  for (const status of [200, 429])
    expect(await request(server.url, light.secret, "demo-gpt")).toBe(status);
  await api.ask("mutation($i: CreateAdminInput!) { createAdmin(input: $i) { admin { id } } }", {
    i: { username: "vera", role: "VIEWER", password: PASSWORD },
  });
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await Promise.all([server.remove(), fresh.remove()]);
});

/** A window in which an administrator has signed in by keyboard. */
async function signedIn(
  path: string,
  title: string,
  username = "admin",
  options: Parameters<typeof Keyboard.open>[2] = {},
): Promise<Keyboard> {
  const keys = await Keyboard.open(server.url + path, browser, options);
  await keys.use("button", "Sign in with a username");
  await keys.fill("Username", username);
  await keys.fill("Password", PASSWORD);
  await keys.press("Enter");
  await keys.announced(title);
  return keys;
}

test("the first administrator gets from the set-up link to the first request", async () => {
  const keys = await Keyboard.open(fresh.setupLink, browser);
  await keys.fill("Password", NEW_PASSWORD);
  await keys.fill("Confirm password", NEW_PASSWORD);
  await keys.press("Enter");
  await keys.announced("Add account · Welcome");
  await keys.use("button", "Continue");
  await keys.announced("Create user · Welcome");
  await keys.isAt("main", /^/);
  await keys.fill("Name", "Ada");
  await keys.press("Enter");
  await keys.announced("Connect a client · Welcome");
  await keys.isAt("main", /^/);
  await keys.reads("This is the only time it is shown");
  await keys.use("button", "Send test request");
  await keys.reads("First request received");
  await keys.use("link", "Go to overview");

  await keys.announced("Overview");
  await keys.go("Requests");
  await keys.reach("grid", "Requests");
});

test("an administrator finds who uses most, limits them, reads why a request failed and revokes a leaked key", async () => {
  const keys = await signedIn("/", "Overview");
  await keys.go("Usage");
  await keys.use("button", "Limit Grace Hopper…");
  await keys.dialog("Add quota for Grace Hopper");
  await keys.fill("Limit", "1.5M");
  await keys.press("Enter");
  await keys.backAt("button", "Limit Grace Hopper…");

  await keys.press("Control+k");
  await keys.isAt("combobox", "Search pages, users and keys");
  await keys.type("requests");
  await keys.press("Enter");
  await keys.announced("Requests");
  await keys.choose("Status", "Upstream error");
  await keys.reach("grid", "Requests");
  await keys.press("ArrowDown");
  await keys.press("Enter");
  await keys.dialog("Request");
  await keys.reads(/unknown provider for model no-such-model/);
  await keys.press("Escape");
  await keys.backAt("grid", "Requests");

  await keys.press("Control+k");
  await keys.isAt("combobox", "Search pages, users and keys");
  await keys.type(heavy.secret);
  await keys.reads("This API key belongs to Grace Hopper: default");
  await keys.use("button", "Revoke…");
  await keys.fill(/Type “default”/, "default");
  await keys.press("Enter");
  await keys.reads("default revoked");
  await keys.isAt("link", "Open key");
  await keys.press("Escape");
  await keys.backAt("grid", "Requests");
  expect(await request(server.url, heavy.secret)).toBe(401);
});

test("an end user sees usage and limits, why a request failed, and snippets with the key", async () => {
  const keys = await Keyboard.open(`${server.url}/login`, browser);
  await keys.use("button", "API key");
  await keys.fill("API key", light.secret);
  await keys.press("Enter");
  await keys.announced("Usage and limits");
  await keys.reads("1 / 1 request");
  await keys.go("Requests");
  await keys.use("link", "demo-gpt");
  await keys.dialog("Request");
  await keys.press("Escape");
  await keys.backAt("link", "demo-gpt");
  await keys.go("Connect a client");
  await keys.use("button", "Codex CLI");

  await keys.reads(light.secret);
});

/** What changes something, for those who may. The audit log has actions as buttons that open an event. */
const CHANGES =
  /^(button|switch|input) (add|create|edit|delete|remove|revoke|rotate|disable|enable|limit|save|acknowledge|start|stop|restart|import|check|reset|set|select|copy limits|user actions)\b/i;

test("a viewer reaches every page and nothing that changes one", async () => {
  const keys = await signedIn("/", "Overview", "vera");
  const found: string[] = [];
  const places = ["Overview", "Alerts", "Requests", "Agent sessions", "Usage", "Users", "Keys"];
  places.push("Providers", "Models", "Engine", "Audit log", "Settings");
  for (const place of places) {
    const title = {
      Keys: "API keys",
      Models: "Catalog · Models",
      Settings: "Server · Settings",
      Engine: "State and log · Engine",
    };
    await keys.go(place, title[place as keyof typeof title] ?? place);
    await keys.isLoaded();
    for (const stop of await keys.stops())
      if (CHANGES.test(stop) && place !== "Audit log") found.push(`${place}: ${stop}`);
  }

  expect(found).toEqual([]);
});

async function endSession() {
  await api.ask("mutation { revokeOtherSessions { revokedSessions } }");
}

test("nothing typed is lost to an ended session, a restart or another administrator", async () => {
  const { userId } = await api.createUser("Kay", { note: "first" });
  const path = `/users/${userId}`;
  const keys = await signedIn(path, "Overview · Kay");
  await keys.use("button", "Edit");
  await keys.dialog("Edit Kay");
  await keys.fill("Email (optional)", "kay@example.org");
  await endSession();
  await keys.dialog("Your session has ended");
  await keys.fill("Password", PASSWORD);
  await keys.press("Enter");
  await keys.isAt("textbox", "Email (optional)");

  await server.stop();
  await keys.reads("Connection lost");
  await server.begin();
  await keys.isGone("Connection lost");
  api = await Api.open(server, "admin");
  await api.ask(
    'mutation($id: ID!) { updateUser(id: $id, input: { note: "second" }) { user { id } } }',
    { id: userId },
  );
  await keys.isAt("textbox", "Email (optional)");
  await keys.press("Enter");
  await keys.page.getByRole("table", { name: "Their changes" }).getByText("second").waitFor();
  await keys.use("button", "Save");
  await keys.backAt("button", "Edit");
  await keys.reads("kay@example.org");
  await keys.reads("second");
});

test("on a phone, requests are filtered and opened, users found and alerts acknowledged", async () => {
  const keys = await signedIn("/", "Overview", "admin", PHONE);
  for (const place of ["Usage", "Users", "Requests"]) {
    await keys.go(place);
    await keys.isLoaded();
    expect(await keys.stops()).not.toEqual([]);
  }
  await keys.use("button", "Filters");
  await keys.choose("Status", "Rejected");
  await keys.reach("grid", "Requests");
  await keys.press("ArrowDown");
  await keys.press("Enter");
  await keys.dialog("Request");
  await keys.reads("A quota was reached.");
  await keys.press("Escape");
  await keys.backAt("grid", "Requests");
  await keys.go("Users");
  await keys.use("link", "Ada Lovelace");
  await keys.announced("Overview · Ada Lovelace");
  await keys.use("button", "More");
  await keys.dialog("Menu");
  await keys.go("Alerts");
  await keys.use("button", /^Acknowledge: Ada Lovelace reached a quota/);

  await keys.reads("Acknowledged by admin");
});
