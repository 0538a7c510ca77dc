import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api, type Made, request } from "./api";
import { closeAll, newPage, openBrowser, openDialog, signedInPage } from "./browser";
import { MailServer } from "./mail";
import { Server } from "./server";

let server: Server;
let browser: Browser;
let api: Api;
let ada: Made;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), openBrowser()]);
  api = await Api.open(server);
  ada = await api.createUser("Ada");
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

async function change(input: object) {
  const { settings } = await api.ask("{ settings { version } }");
  const { version } = settings as { version: number };
  await api.ask(
    "mutation($i: UpdateSettingsInput!, $v: Int!) { updateSettings(input: $i, expectedVersion: $v) { settings { version } } }",
    { i: input, v: version },
  );
}

/** Allows users to manage their own keys, or not. */
const allow = (ownKeys: boolean) => change({ ownKeys, ownKeysMaximum: 3 });

async function enter(path: string, secret: string) {
  const page = await newPage(browser);
  await page.goto(server.url + path);
  await page.getByLabel("API key").fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "API keys" }).waitFor();
  return page;
}

/** Confirms that the new secret is kept, and gives it. */
async function keep(page: Page, title: string): Promise<string> {
  const dialog = await openDialog(page, title);
  const secret = await dialog.getByText(/^sk-/).first().textContent();
  await dialog.getByRole("checkbox").check();
  await dialog.getByRole("button", { name: "Done" }).click();
  return secret?.trim() ?? "";
}

async function act(page: Page, key: string, action: string) {
  await page.getByRole("button", { name: `Actions for ${key}` }).click();
  await page.getByRole("menuitem", { name: action }).click();
}

test("a user creates, renames, rotates and revokes keys on their own page", async () => {
  await allow(true);
  const page = await enter("/me/keys", ada.secret);

  await page.getByRole("button", { name: "Create key" }).click();
  let dialog = await openDialog(page, "Create key");
  await dialog.getByLabel("Name").fill("laptop");
  await dialog.getByRole("button", { name: "Create key" }).click();
  const laptop = await keep(page, "New key: laptop");
  expect(await request(server.url, laptop)).toBe(200);
  await page.getByText("2 of 3 keys").waitFor();

  await act(page, "laptop", "Rename");
  dialog = await openDialog(page, "Edit laptop");
  await dialog.getByLabel("Name").fill("desktop");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("cell", { name: /^desktop/ }).waitFor();

  await act(page, "desktop", "Revoke");
  dialog = await openDialog(page, "Revoke desktop?");
  await dialog.getByLabel(/Type/).fill("desktop");
  await dialog.getByRole("button", { name: "Revoke key" }).click();
  await page.getByText("1 of 3 keys").waitFor();
  expect(await request(server.url, laptop)).toBe(401);

  await act(page, "default", "Rotate");
  dialog = await openDialog(page, "Rotate default");
  await dialog.getByText(/stays signed in with the new one/).waitFor();
  await dialog.getByLabel("Expire old key").selectOption("0");
  await dialog.getByRole("button", { name: "Rotate" }).click();
  const rotated = await keep(page, "New key for default");
  expect(await request(server.url, ada.secret)).toBe(401);
  expect(await request(server.url, rotated)).toBe(200);
  await page.reload();
  await page.getByText("1 of 3 keys").waitFor();
});

test("a user whose administrator turns it off meanwhile reads so, and the page follows", async () => {
  await allow(true);
  const { secret } = await api.createUser("Grace");
  const page = await enter("/me/keys", secret);
  await page.getByRole("button", { name: "Create key" }).click();
  const dialog = await openDialog(page, "Create key");
  await dialog.getByLabel("Name").fill("laptop");
  await allow(false);

  await dialog.getByRole("button", { name: "Create key" }).click();

  await dialog.getByText("This is turned off on this server.").waitFor();
  await page.reload();
  await page.getByText(/an administrator manages keys/).waitFor();
  expect(await page.getByRole("button", { name: "Create key" }).count()).toBe(0);
});

test("an invited user opens the link, names their key and is signed in; the link works once", async () => {
  const { userId } = await api.createUser("Linus");
  const made = await api.ask(
    "mutation($i: CreateUserInvitationInput!) { createUserInvitation(input: $i) { invitationUrl } }",
    { i: { userId } },
  );
  const { invitationUrl } = made.createUserInvitation as { invitationUrl: string };
  const path = invitationUrl.slice(invitationUrl.indexOf("/invite"));
  const page = await newPage(browser);
  await page.goto(server.url + path);

  await page.getByLabel("Name of your key").fill("laptop");
  await page.getByRole("button", { name: "Get my key" }).click();
  const secret = await keep(page, "Welcome, Linus");

  await page.getByRole("heading", { level: 1, name: "Usage and limits" }).waitFor();
  expect(await request(server.url, secret)).toBe(200);
  expect(page.url()).not.toContain("token");
  const again = await newPage(browser);
  await again.goto(server.url + path);
  await again.getByLabel("Name of your key").fill("second");
  await again.getByRole("button", { name: "Get my key" }).click();
  await again.getByText(/invalid, was used or revoked, or has expired/).waitFor();
});

test("a user confirms an address for warnings with the code that is sent to it, and an administrator sees it", async () => {
  const { userId, secret } = await api.createUser("Mary");
  const mails = new MailServer();
  const email = {
    host: "127.0.0.1",
    port: await mails.start(),
    security: "NONE",
    from: "proxypal@example.org",
    to: ["ops@example.org"],
  };
  await api.ask(
    "mutation($i: CreateNotificationChannelInput!) { createNotificationChannel(input: $i) { channel { id } } }",
    { i: { name: "mail", settings: { email } } },
  );
  await change({ ownAlertAddresses: true });
  const page = await enter("/me/keys", secret);
  await page.getByRole("link", { name: "Usage and limits" }).first().click();

  await page.getByLabel("Email address").fill("mary@home.example");
  await page.getByRole("button", { name: "Send code" }).click();
  await page.getByText("A code was sent to mary@home.example").waitFor();
  const code = mails.mails[0]?.match(/^Code: (\d{8})$/m)?.[1] ?? "";
  await page.getByLabel("Code", { exact: true }).fill(String((Number(code) + 1) % 1e8));
  await page.getByRole("button", { name: "Confirm address" }).click();
  await page.getByText("Wrong code. 4 attempts left.").waitFor();
  await page.getByLabel("Code", { exact: true }).fill(code);
  await page.getByRole("button", { name: "Confirm address" }).click();
  await page.getByText("Warnings are sent to mary@home.example").waitFor();
  await page.getByRole("button", { name: "Change" }).waitFor();

  const admin = await signedInPage(browser, server.url, `/users/${userId}`);
  await admin.getByText("mary@home.example").waitFor();
  await admin.getByRole("button", { name: "Remove" }).click();
  const dialog = await openDialog(admin, "Remove mary@home.example?");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await admin.getByText("Address removed").waitFor();
  await page.reload();
  await page.getByLabel("Email address").waitFor();
  mails.stop();
});

test("a user sees the models of their key with prices, and which have none", async () => {
  const { secret } = await api.createUser("Katherine", { allowedModels: ["demo-*"] });
  const price = { modelPattern: "demo-claude", inputPerMillion: "3", outputPerMillion: "15" };
  await api.ask("mutation($i: CreatePriceInput!) { createPrice(input: $i) { price { id } } }", {
    i: { ...price, cacheReadPerMillion: "0.3" },
  });
  const page = await enter("/me/keys", secret);
  await page.getByRole("link", { name: "Models" }).first().click();

  const row = (model: string) => page.getByRole("row", { name: new RegExp(model) });
  await row("demo-claude").waitFor();
  expect(await row("demo-claude").textContent()).toMatch(/\$3\.00\$0\.30\$15\.00/);
  expect(await row("demo-gpt").textContent()).toContain("No price");
});

test("an administrator creates an invitation on the user's page and revokes it", async () => {
  const { userId } = await api.createUser("Barbara");
  const page = await newPage(browser);
  await page.goto(`${server.url}/users/${userId}/keys`);
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();

  await page.getByRole("button", { name: "Create invitation link" }).click();
  const dialog = await openDialog(page, "Create invitation link");
  await dialog.getByLabel("Link is valid for").selectOption("24");
  await dialog.getByRole("button", { name: "Create invitation link" }).click();
  const shown = await openDialog(page, "Invitation link");
  await shown.getByText(/\/invite#token=invite-/).waitFor();
  await shown.getByRole("checkbox").check();
  await shown.getByRole("button", { name: "Done" }).click();
  await page.getByText("Pending").waitFor();

  await page.getByRole("listitem").getByRole("button", { name: "Revoke" }).click();
  const confirm = await openDialog(page, "Revoke this invitation?");
  await confirm.getByRole("button", { name: "Revoke invitation" }).click();
  await page.getByText("Revoked", { exact: true }).waitFor();
});
