import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api } from "./api";
import { closeAll, closeDialog, openBrowser, openDialog, signedInPage } from "./browser";
import { PASSWORD, Server } from "./server";

let server: Server;
let browser: Browser;
let api: Api;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start({ password: PASSWORD }), openBrowser()]);
  api = await Api.open(server);
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

test("a group reserves an account for a user, and its deletion names what is lost", async () => {
  await api.ask(
    "mutation($i: AddProviderApiKeyInput!) { addProviderApiKey(input: $i) { account { id } } }",
    { i: { kind: "CLAUDE", apiKey: "sk-ant-a-key-of-a-test-1234", label: "reserved" } },
  );
  const ada = await api.createUser("Ada");
  const page = await signedInPage(browser, server.url, "/account-groups");

  await page.getByText("No account groups").waitFor();
  await page.getByRole("button", { name: "Create account group" }).first().click();
  const create = await openDialog(page, "Create account group");
  await create.getByLabel("Name").fill("Team");
  await create.getByLabel("reserved").check();
  await closeDialog(page, "Create account group");

  await page.getByRole("link", { name: "Team" }).click();
  await page.getByRole("listitem").filter({ hasText: "reserved" }).waitFor();
  await page.getByRole("button", { name: "Allow for a user" }).click();
  const allow = await openDialog(page, "Allow for a user");
  await allow.getByRole("combobox", { name: "User" }).fill("ad");
  await page.getByRole("option", { name: "Ada" }).click();
  await closeDialog(page, "Allow");
  await page.getByText("Ada can use Team").waitFor();
  await page.getByRole("link", { name: "Ada" }).click();
  await page.getByText("Team (set for the user)").waitFor();

  await page.goBack();
  await page.getByRole("button", { name: "Actions for Team" }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  const deletion = await openDialog(page, "Delete Team?");
  await deletion.getByText("1 user and no keys lose access to its 1 account.").waitFor();
  await deletion.getByRole("textbox").fill("Team");
  await closeDialog(page, "Delete account group");
  await page.getByText("No account groups").waitFor();

  const access = await api.ask("query($id: ID!) { user(id: $id) { accountAccess { source } } }", {
    id: ada.userId,
  });
  expect(access).toEqual({ user: { accountAccess: { source: "USER" } } });
  await page.goto(`${server.url}/users/${ada.userId}`);
  await page.getByText("None: all of the groups were deleted").waitFor();
});

test("the groups of a key and of an account are chosen in their menus", async () => {
  const ben = await api.createUser("Ben");
  await api.ask(
    'mutation { createAccountGroup(input: { name: "Night" }) { accountGroup { id } } }',
  );
  const page = await signedInPage(browser, server.url, `/users/${ben.userId}/keys`);

  await page.getByRole("button", { name: "Actions for default" }).click();
  await page.getByRole("menuitem", { name: "Account groups…" }).click();
  const ofKey = await openDialog(page, "Account groups of default");
  await ofKey.getByLabel("Accounts").selectOption({ label: "Only accounts of these groups" });
  await ofKey.getByLabel("Night").check();
  await closeDialog(page, "Save");
  await page.getByText("Account groups of default saved").waitFor();

  await page.goto(`${server.url}/providers`);
  await page.getByRole("button", { name: "Actions for reserved" }).click();
  await page.getByRole("menuitem", { name: "Account groups…" }).click();
  const ofAccount = await openDialog(page, "Groups of reserved");
  await ofAccount.getByLabel("Night").check();
  await closeDialog(page, "Save");
  await page.getByText("In Night").waitFor();

  await page.goto(`${server.url}/account-groups`);
  await page.getByRole("link", { name: "Night" }).click();
  await page.getByText("Key of Ben").waitFor();
  await page.getByRole("listitem").filter({ hasText: "reserved" }).waitFor();
});
