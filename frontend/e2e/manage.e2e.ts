import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api } from "./api";
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
import { Identity } from "./identity";
import { PASSWORD, Server } from "./server";
import { totp } from "./totp";

let identity: Identity;
let server: Server;
let browser: Browser;
let api: Api;

beforeAll(async () => {
  identity = await Identity.start();
  const environment = { ...identity.environment, BACKUP_PASSPHRASE: "four or five random words" };
  [server, browser] = await Promise.all([
    Server.start({ password: PASSWORD, environment }),
    openBrowser(),
  ]);
  api = await Api.open(server);
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
  await identity.remove();
});

/** The row of an account on the board. */
function account(page: Page, label: string) {
  return page.getByRole("listitem").filter({ hasText: label });
}

test("an account comes with the address that the administrator pastes", async () => {
  const page = await signedInPage(browser, server.url, "/providers");

  await page.getByRole("button", { name: "Connect Claude account" }).click();
  const link = page.getByRole("link", { name: /Open Claude/ });
  const wrong = (await link.getAttribute("href")) ?? "";
  await page.getByLabel("URL", { exact: true }).fill(wrong);
  await page.getByRole("button", { name: "Finish sign-in" }).click();
  await page.getByText(/This URL has no code/).waitFor();
  // The address of consent was copied, as happens; the next paste is the right one.
  await page.getByLabel("URL", { exact: true }).fill(await identity.consent(wrong));
  await page.getByRole("button", { name: "Finish sign-in" }).click();

  await page.getByText("Connected as").waitFor();
  await closeDialog(page, "Done");
  await account(page, "ada@example.org").waitFor();
  expect(new URL(page.url()).search).toBe("");
});

test("an account comes with a code that is typed elsewhere, also when the page was left meanwhile", async () => {
  const page = await signedInPage(browser, server.url, "/providers");

  await page.getByRole("button", { name: "Connect Kimi account" }).click();
  const code = (await page.getByLabel("Code", { exact: true }).textContent()) ?? "";
  await page.keyboard.press("Escape");
  await page.getByText("Kimi sign-in in progress").waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("timer").waitFor();
  identity.allow(code);

  await page.getByText("Connected as").waitFor();
  await closeDialog(page, "Done");
  const card = page.locator("section").filter({ hasText: "Kimi" });
  await card.getByRole("listitem").waitFor();
});

test("an account that is added elsewhere appears by itself, is switched off, and that is undone", async () => {
  const page = await signedInPage(browser, server.url, "/providers");
  await page.getByRole("heading", { name: "Gemini", exact: true }).waitFor();

  await api.ask(
    "mutation($i: AddProviderApiKeyInput!) { addProviderApiKey(input: $i) { account { id } } }",
    {
      i: { kind: "GEMINI", apiKey: "AIza-a-key-of-a-test-0123", label: "research" },
    },
  );
  const toggle = page.getByRole("switch", { name: "Enable research" });
  await toggle.waitFor({ state: "attached" });
  await toggle.press("Space");
  await page.getByText("research disabled").waitFor();
  await account(page, "research").getByText("Disabled").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();

  await page.getByText("research enabled").waitFor();
  await account(page, "research").getByText("Disabled").waitFor({ state: "detached" });
});

test("what somebody types about an account stays when another one arrives meanwhile", async () => {
  const page = await signedInPage(browser, server.url, "/providers");
  await page.getByRole("button", { name: "Actions for ada@example.org" }).click();
  await page.getByRole("menuitem", { name: "Edit…" }).click();
  await page.getByLabel("Label").fill("Ada at work");

  await api.ask(
    "mutation($i: AddProviderApiKeyInput!) { addProviderApiKey(input: $i) { account { id } } }",
    { i: { kind: "CLAUDE", apiKey: "sk-ant-a-key-of-a-test-9876", label: "meanwhile" } },
  );
  await page.getByText("meanwhile", { exact: true }).waitFor();
  expect(await page.getByLabel("Label").inputValue()).toBe("Ada at work");
  await closeDialog(page, "Save");

  await account(page, "Ada at work").waitFor();
});

test("two who change one provider's settings see each other", async () => {
  const page = await signedInPage(browser, server.url, "/providers");
  await page.getByRole("button", { name: "Actions for xAI" }).click();
  await page.getByRole("menuitem", { name: "Settings…" }).click();
  const field = page.getByLabel("Excluded models");
  await field.fill("grok-2*");

  await api.ask(
    'mutation { updateProviderSettings(kind: XAI, input: { excludedModels: ["grok-1"] }, expectedVersion: 0) { settings { version } } }',
  );
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("This was changed by someone else.").waitFor();
  await page.getByText("grok-1", { exact: true }).first().waitFor();
  expect(await field.inputValue()).toBe("grok-2*");
  await closeDialog(page, "Save");

  await page.getByText("Settings of xAI saved").waitFor();
  expect(await api.ask("{ provider(kind: XAI) { settings { excludedModels } } }")).toEqual({
    provider: { settings: { excludedModels: ["grok-2*"] } },
  });
});

test("a model's name tells who would serve it, and why nobody would", async () => {
  await api.createUser("Restricted", { allowedModels: ["demo-gpt"] });
  const page = await signedInPage(browser, server.url, "/models");

  await page.getByRole("link", { name: "demo-claude" }).click();
  await page.getByRole("combobox", { name: "User" }).fill("restr");
  await page.getByRole("option", { name: "Restricted" }).click();
  await page.getByRole("button", { name: "Test" }).click();
  await page.getByText("Not available: not in the user’s allowed models").waitFor();
  await page.getByLabel("Model", { exact: true }).fill("demo-gpt");
  await page.getByRole("button", { name: "Test" }).click();

  await page.getByText("Routed to demo-gpt").waitFor();
});

test("a test reaches the webhook of a channel, and is told among the messages", async () => {
  const page = await signedInPage(browser, server.url, "/settings/notifications");

  await page.getByRole("button", { name: "Add channel" }).first().click();
  await page.getByLabel("Type").selectOption("WEBHOOK");
  await page.getByLabel("Name", { exact: true }).fill("on call");
  await page.getByLabel("URL", { exact: true }).fill(`${identity.url}/hook`);
  const secret = await nextDialog(page, "Save", "Signing secret of on call");
  await secret.getByRole("checkbox").check();
  await closeDialog(page, "Done");
  await page.getByRole("button", { name: "Send test: on call" }).click();

  await page.getByText("Test delivered to on call").waitFor();
  expect(identity.posted).toHaveLength(1);
  await page.getByRole("button", { name: "Add rule" }).first().click();
  await closeDialog(page, "Save");
  await page.getByText("at 50%, 80%, 95%, 100%").waitFor();
});

test("a backup is made, fetched, and staged for the next start until somebody thinks better of it", async () => {
  const page = await signedInPage(browser, server.url, "/settings/backups");

  await page.getByRole("button", { name: "Create backup" }).first().click();
  const row = page.getByRole("listitem").filter({ hasText: ".backup" });
  await row.waitFor({ timeout: 60_000 });
  const name = ((await row.textContent()) ?? "").match(/proxypal-\S+?\.backup\.age/)?.[0] ?? "";
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: `Download ${name}` }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(name);
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: "Restore…" }).click();
  await page.getByLabel(/Type “/).fill(name);
  await page.getByRole("button", { name: "Restore at next start" }).click();
  await page.getByText("replaces all data").first().waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: "Cancel restore" }).click();

  await page.getByText("Restore cancelled").waitFor();
});

test("an invited administrator chooses a password, sets up a second factor, and is asked for it", async () => {
  const page = await signedInPage(browser, server.url, "/settings/admins");
  await page.getByRole("button", { name: "Add administrator" }).click();
  await page.getByLabel("Name", { exact: true }).fill("grace");
  const invitation = await nextDialog(page, "Add administrator", "Invitation link for grace");
  const link = await invitation.getByText(/\/setup#token=/).textContent();
  await invitation.getByRole("checkbox").check();
  await closeDialog(page, "Done");
  await page.getByRole("listitem").filter({ hasText: "grace" }).getByText("Invited").waitFor();

  const theirs = await newPage(browser);
  await theirs.goto(link ?? "");
  await theirs.getByLabel("Password", { exact: true }).fill("a few words in a row");
  await theirs.getByLabel("Confirm password").fill("a few words in a row");
  await theirs.getByRole("button", { name: "Set up and sign in" }).click();
  await theirs.getByRole("button", { name: "Account and appearance" }).first().waitFor();
  await theirs.goto(`${server.url}/settings/password`);
  await theirs.getByRole("button", { name: "Set up", exact: true }).click();
  await theirs.getByLabel("Your password").fill("a few words in a row");
  await theirs.getByRole("button", { name: "Continue" }).click();
  await theirs.getByRole("img", { name: /QR code/ }).waitFor();
  const setup = await openDialog(theirs);
  const secret = (await setup.locator("pre").textContent()) ?? "";
  await theirs.getByLabel("Code", { exact: true }).fill(totp(secret));
  const codes = await nextDialog(theirs, "Turn on", "Recovery codes");
  const recovery = ((await codes.locator("pre").textContent()) ?? "").split("\n")[0] ?? "";
  await codes.getByRole("checkbox").check();
  await closeDialog(theirs, "Done");
  await theirs.getByText("10 recovery codes left").waitFor();

  const later = await newPage(browser);
  await later.goto(`${server.url}/settings/password`);
  await later.getByRole("button", { name: "Sign in with a username" }).click();
  await later.getByLabel("Username").fill("grace");
  await signIn(later, "a few words in a row");
  await later.getByLabel("Code", { exact: true }).fill(recovery);
  await later.getByRole("button", { name: "Sign in", exact: true }).click();
  await later.getByText("9 recovery codes left").waitFor();
});

test("the audit tells what was before and after", async () => {
  const { userId } = await api.createUser("Before");
  await api.ask(
    'mutation($id: ID!) { updateUser(id: $id, input: { name: "Behind" }) { user { id } } }',
    {
      id: userId,
    },
  );
  const page = await newPage(browser);
  await page.goto(`${server.url}/audit?action=updateUser`);
  await page.getByRole("button", { name: "Sign in with a username" }).click();
  await page.getByLabel("Username").fill("admin");
  await signIn(page);

  await page
    .getByRole("row", { name: /Behind/ })
    .getByRole("button")
    .click();

  const drawer = await openDialog(page);
  await drawer.getByText("Before", { exact: true }).first().waitFor();
  await drawer.getByText("Behind", { exact: true }).first().waitFor();
  expect(page.url()).toMatch(/event=\d+/);
});
