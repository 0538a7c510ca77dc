import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import * as generated from "../src/graphql/generated/graphql";
import { isAllowed, requiredRole } from "../src/graphql/roles";
import { Api, type Made, request } from "./api";
import { closeAll, newPage, openBrowser, openDialog } from "./browser";
import { PASSWORD, Server } from "./server";
import { allPaths, type Found, mutationsOf, observe, walk } from "./walk";

const ROLES = ["VIEWER", "ADMIN", "OWNER"] as const;
type Role = (typeof ROLES)[number];
/** All roles at a time take some minutes. */
const PATIENCE_MS = 900_000;

let server: Server;
let browser: Browser;
let ada: Made;

const nameOf = (role: Role) => `the-${role.toLowerCase()}`;

/** One of everything that can be changed. */
async function fill(api: Api) {
  const quotas = [{ metric: "REQUESTS", limit: 300 }];
  ada = await api.createUser("Ada", { quotas });
  await request(server.url, ada.secret, "demo-claude");
  await api.ask(
    "mutation($i: CreateUserInvitationInput!) { createUserInvitation(input: $i) { invitationUrl } }",
    { i: { userId: ada.userId } },
  );
  for (const label of ["work", "spare"]) {
    await api.ask(
      "mutation($i: AddProviderApiKeyInput!) { addProviderApiKey(input: $i) { account { id } } }",
      { i: { kind: "CLAUDE", apiKey: `sk-ant-a-key-of-a-test-${label}`, label } },
    );
  }
  const signedIn = {
    type: "claude",
    email: "ada@example.org",
    access_token: "sk-ant-oat-of-a-test",
    refresh_token: "sk-ant-ort-of-a-test",
    expired: "2099-01-01T00:00:00Z",
  };
  await api.ask(
    "mutation($f: [ImportedFileInput!]!) { importProviderAccount(files: $f) { accounts { id } problems { message } } }",
    { f: [{ name: "claude.json", content: JSON.stringify(signedIn) }] },
  );
  const made = await api.ask(
    "mutation($i: CreateNotificationChannelInput!) { createNotificationChannel(input: $i) { channel { id } } }",
    { i: { name: "on call", settings: { webhook: { url: "https://ops.example.org/hook" } } } },
  );
  const { channel } = made.createNotificationChannel as { channel: { id: string } };
  await api.ask(
    "mutation($c: [ID!]!) { createNotificationRule(input: { event: QUOTA, channelIds: $c }) { rule { id } } }",
    { c: [channel.id] },
  );
  await api.ask('mutation { createApiToken(input: { name: "script", role: ADMIN }) { secret } }');
  await api.ask('mutation { createAdmin(input: { username: "invited" }) { setupUrl } }');
  const { createBackup } = await api.ask("mutation { createBackup { backup { name } } }");
  const { backup } = createBackup as { backup: { name: string } };
  await api.ask("mutation($n: ID!) { restoreBackup(name: $n) { stagedRestore { name } } }", {
    n: backup.name,
  });
}

beforeAll(async () => {
  const environment = { BACKUP_PASSPHRASE: "four or five random words" };
  [server, browser] = await Promise.all([
    Server.start({ password: PASSWORD, environment }),
    openBrowser(),
  ]);
  const api = await Api.open(server);
  await fill(api);
  for (const role of ROLES) {
    await api.ask("mutation($i: CreateAdminInput!) { createAdmin(input: $i) { admin { id } } }", {
      i: { username: nameOf(role), role, password: PASSWORD },
    });
  }
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

/** The mutations of the app that require a role. */
function usedByTheApp(): string[] {
  const documents = Object.values(generated).filter((each) => each.kind === "Document");
  const fields = documents.flatMap(mutationsOf);
  return [...new Set(fields)].filter((name) => requiredRole(name) !== undefined);
}

async function walkAs(role: Role) {
  const api = await Api.open(server, nameOf(role));
  if (role !== "VIEWER") {
    await api.ask("mutation { startProviderLogin(input: { kind: CLAUDE }) { login { id } } }");
  }
  await api.ask(
    'mutation { createSavedView(input: { page: USAGE, name: "mine", search: "parts=MODEL" }) { view { id } } }',
  );
  const page = await newPage(browser, {
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
  });
  await page.context().addCookies(api.cookies);
  const found = await observe(page);
  for (const path of allPaths(ada.userId)) await walk(page, server.url + path, found);
  return found;
}

/** What is wrong with what a role is offered: nothing, under each heading. */
function faultsOf(role: Role, { offered, sent, refused, dead }: Found) {
  const isWrong = (name: string) => !isAllowed(role, name);
  return {
    offeredThoughRefused: [...offered].filter(([name]) => isWrong(name)),
    sentThoughRefused: [...sent].filter(isWrong),
    refusedQueries: [...refused],
    controlsThatDoNothing: [...dead],
    allowedButNowhereOffered: usedByTheApp().filter((name) => !isWrong(name) && !offered.has(name)),
  };
}

test(
  "every control of every page is one that the role may use, and none is missing, in every role",
  async () => {
    const found = await Promise.all(
      ROLES.map(async (role) => [role, faultsOf(role, await walkAs(role))] as const),
    );

    const none = {
      offeredThoughRefused: [],
      sentThoughRefused: [],
      refusedQueries: [],
      controlsThatDoNothing: [],
      allowedButNowhereOffered: [],
    };
    expect(Object.fromEntries(found)).toEqual({ VIEWER: none, ADMIN: none, OWNER: none });
  },
  PATIENCE_MS,
);

/** A window of the administrator with this role. */
async function pageOf(role: Role, path: string) {
  const api = await Api.open(server, nameOf(role));
  const page = await newPage(browser);
  await page.context().addCookies(api.cookies);
  await page.goto(server.url + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return page;
}

test("who signs in again with another role is told, and offered what the new role allows", async () => {
  const owner = await Api.open(server, nameOf("OWNER"));
  const { createAdmin } = await owner.ask(
    "mutation($i: CreateAdminInput!) { createAdmin(input: $i) { admin { id } } }",
    { i: { username: "grace", role: "VIEWER", password: PASSWORD } },
  );
  const { admin } = createAdmin as { admin: { id: string } };
  const page = await newPage(browser);
  await page.context().addCookies((await Api.open(server, "grace")).cookies);
  await page.goto(`${server.url}/users`);
  await page.getByText("Ada").first().waitFor();
  expect(await page.getByRole("button", { name: "Create user" }).count()).toBe(0);

  await owner.ask("mutation($id: ID!) { setAdminRole(id: $id, role: ADMIN) { admin { id } } }", {
    id: admin.id,
  });
  // The page notices that the session has ended when it asks for something.
  await page.getByLabel("Show", { exact: true }).selectOption({ label: "Enabled" });
  const dialog = await openDialog(page);
  const send = () => dialog.getByRole("button", { name: "Sign in", exact: true }).click();
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await send();
  await dialog.getByLabel("Username").fill("grace");
  await send();

  await page.getByText("Your role is now Admin").waitFor();
  await page.getByRole("button", { name: "Create user" }).waitFor();
});

test("a refusal for the role is said once, and the session is asked for again", async () => {
  const page = await pageOf("ADMIN", "/users");
  let asked = 0;
  await page.route("**/graphql", (route) => {
    const body = route.request().postData() ?? "";
    if (/query Session\b/.test(body)) asked++;
    if (!/mutation SetUsersEnabled\b/.test(body)) return route.continue();
    const errors = [
      { message: "your role does not allow this", extensions: { code: "FORBIDDEN" } },
    ];
    return route.fulfill({ json: { data: null, errors } });
  });

  await page.getByRole("switch", { name: "Enable Ada" }).click({ force: true });

  const said = page.getByText("Your role does not allow this", { exact: false });
  await said.waitFor();
  expect(await said.textContent()).toBe(
    "Your role does not allow this. Ask an owner of this server.",
  );
  expect(asked).toBe(1);
});

test("a page for owners says so to others, and neither tabs nor search lead there", async () => {
  const page = await pageOf("ADMIN", "/settings/backups");

  await page.getByText("This page is for owners").waitFor();
  expect(await page.getByRole("link", { name: "Backups" }).count()).toBe(0);
  await page
    .getByRole("button", { name: /^Search/ })
    .first()
    .click();
  await page.getByRole("combobox").fill("backups");
  await page.getByText("Nothing found").or(page.getByRole("status")).first().waitFor();
  expect(await page.getByRole("option", { name: /Backups/ }).count()).toBe(0);
});
