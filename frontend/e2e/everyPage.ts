import type { Browser, BrowserContext, Page } from "playwright-core";
import { Api, request } from "./api";
import { signedInPage } from "./browser";
import type { Server } from "./server";

/** A page, and the kind of visitor. */
export type Visit = { path: string; as: "admin" | "keyHolder" | "anonymous" };

/** The cookies of each kind of visitor, and the key of the end user. */
export type Signed = Record<Visit["as"], StorageState> & { userKey: string };
type StorageState = Awaited<ReturnType<BrowserContext["storageState"]>>;

const ADMIN_PATHS = [
  "/",
  "/alerts",
  "/requests",
  "/agent-sessions",
  "/usage",
  "/users",
  "/users/groups",
  "/keys",
  "/providers",
  "/account-groups",
  "/models",
  "/models/aliases",
  "/models/prices",
  "/models/resolve",
  "/playground",
  "/engine",
  "/engine/updates",
  "/audit",
  "/settings",
  "/settings/admins",
  "/settings/notifications",
  "/settings/backups",
  "/settings/tokens",
  "/settings/sessions",
  "/settings/password",
];
const USER_TABS = ["", "/keys", "/limits", "/usage", "/connect", "/requests"];
const KEY_HOLDER_PATHS = ["/me", "/me/requests", "/me/agent-sessions", "/me/connect"];

async function addUsers(api: Api, url: string, rounds: number) {
  const quotas = [
    { metric: "TOKENS", limit: 100_000, window: "DAY" },
    { metric: "REQUESTS", limit: 3, window: "LIFETIME" },
  ];
  const ada = await api.createUser("Ada", { quotas, email: "ada@example.org" });
  const others = await Promise.all(
    ["Grace", "Nguyễn Thị Bích", "Kay", "Jean", "Betty"].map((name) => api.createUser(name)),
  );
  for (let round = 0; round < rounds; round += 1)
    for (const { secret } of [ada, ...others])
      for (const model of ["demo-claude", "demo-gpt", "no-such-model"])
        await request(url, secret, model);
  return ada;
}

/**
 * Fills the server with users, 18 requests in each round and an account, signs in as everyone, and lists every
 * page.
 */
export async function prepareEveryPage(
  server: Server,
  browser: Browser,
  rounds = 1,
): Promise<{ visits: Visit[]; signed: Signed }> {
  const api = await Api.open(server);
  const ada = await addUsers(api, server.url, rounds);
  await api.ask(
    "mutation($i: AddProviderApiKeyInput!) { addProviderApiKey(input: $i) { account { id } } }",
    { i: { kind: "GEMINI", apiKey: "AIza-a-key-of-a-test-0123", label: "research" } },
  );
  const context = (await signedInPage(browser, server.url)).context();
  const admin = await context.storageState();
  await context.close();
  const empty = { cookies: [], origins: [] };
  const as = (kind: Visit["as"]) => (path: string) => ({ path, as: kind });
  const visits = [
    ...ADMIN_PATHS.map(as("admin")),
    ...USER_TABS.map((tab) => `/users/${ada.userId}${tab}`).map(as("admin")),
    ...KEY_HOLDER_PATHS.map(as("keyHolder")),
    as("anonymous")("/login"),
  ];
  return {
    visits,
    signed: { admin, keyHolder: empty, anonymous: empty, userKey: ada.secret },
  };
}

/** A browser window in which nothing is cached, for this visit. */
export async function openVisit(
  browser: Browser,
  visit: Visit,
  signed: Signed,
  width: number,
): Promise<BrowserContext> {
  const context = await browser.newContext({
    locale: "en-GB",
    storageState: signed[visit.as],
    viewport: { width, height: width < 500 ? 844 : 900 },
  });
  // An end user's key lives in one tab only, so it is put there by hand.
  if (visit.as === "keyHolder")
    await context.addInitScript(
      (key) => sessionStorage.setItem("proxypal.key", key),
      signed.userKey,
    );
  return context;
}

/** A layout shift: its score, and the nodes that moved. */
export type Shift = { value: number; nodes: string[] };

/** Collects every layout shift of a page from its start. */
export async function observeShifts(page: Page) {
  await page.addInitScript(() => {
    const shifts: Shift[] = [];
    Reflect.set(window, "shifts", shifts);
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, sources = [] } = entry as PerformanceEntry & {
          value: number;
          sources?: { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[];
        };
        const nodes = sources.map(({ node, previousRect, currentRect }) => {
          const name = node instanceof Element ? node.outerHTML.slice(0, 90) : node?.textContent;
          return `${name} ${previousRect.y}+${previousRect.height} → ${currentRect.y}+${currentRect.height}`;
        });
        shifts.push({ value, nodes });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** Waits until the page has loaded. */
export async function untilLoaded(page: Page) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForFunction(() => !document.querySelector("main .skeleton, main .animate-spin"));
  await page.waitForLoadState("networkidle");
}

/** The collected layout shifts. */
export function readShifts(page: Page): Promise<Shift[]> {
  return page.evaluate(() => Reflect.get(window, "shifts") as Shift[]);
}
