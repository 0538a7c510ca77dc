import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Api, type Made, request } from "./api";
import { openBrowser, signedInPage } from "./browser";
import { Server } from "./server";

/** What Google's Core Web Vitals call good is 0.1. */
const MOST_SHIFT = 0.05;
const LATENCY_MS = 100;
const SLOW = { timeout: 240_000 };

let server: Server;
let browser: Browser;
let signedIn: BrowserContext;
let ada: Made;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), openBrowser()]);
  const api = await Api.open(server);
  const quotas = [
    { metric: "TOKENS", limit: 100_000, window: "DAY" },
    { metric: "REQUESTS", limit: 3, window: "LIFETIME" },
  ];
  ada = await api.createUser("Ada", { quotas, email: "ada@example.org" });
  const others = await Promise.all(
    ["Grace", "Ida", "Kay", "Jean", "Betty"].map((name) => api.createUser(name)),
  );
  for (const { secret } of [ada, ...others])
    for (const model of ["demo-claude", "demo-gpt", "no-such-model"])
      await request(server.url, secret, model);
  await api.ask(
    "mutation($i: AddProviderApiKeyInput!) { addProviderApiKey(input: $i) { account { id } } }",
    { i: { kind: "GEMINI", apiKey: "AIza-a-key-of-a-test-0123", label: "research" } },
  );
  signedIn = (await signedInPage(browser, server.url)).context();
});
afterAll(async () => {
  await browser.close();
  await server.remove();
});

type Shift = { value: number; nodes: string[] };

/** A context in which the end user is signed in; their key lives in one tab only, so it is put there by hand. */
async function keyHolderContext(): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: "en-GB" });
  await context.addInitScript((key) => sessionStorage.setItem("proxypal.key", key), ada.secret);
  return context;
}

/** Every layout shift of a page, from an empty window until nothing is loading. */
async function shiftsOf(context: BrowserContext, path: string, width: number): Promise<Shift[]> {
  const page = await context.newPage();
  await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
  const network = await context.newCDPSession(page);
  await network.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: LATENCY_MS,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
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
  await page.goto(server.url + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForFunction(() => !document.querySelector("main .skeleton, main .animate-spin"));
  await page.waitForLoadState("networkidle");
  const shifts = await page.evaluate(() => Reflect.get(window, "shifts") as Shift[]);
  await page.close();
  return shifts;
}

const PATHS = [
  "/",
  "/requests",
  "/usage",
  "/users",
  "/providers",
  "/models",
  "/models/aliases",
  "/models/prices",
  "/models/resolve",
  "/playground",
  "/engine",
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

test.for([1440, 390])("what arrives later moves nothing at a width of %i", SLOW, async (width) => {
  const keyHolder = await keyHolderContext();
  const userPages = USER_TABS.map((tab) => `/users/${ada.userId}${tab}`);
  const visits = [
    ...[...PATHS, ...userPages].map((path) => ({ context: signedIn, path })),
    ...["/me", "/me/requests", "/me/connect"].map((path) => ({ context: keyHolder, path })),
  ];
  const found = [];
  for (const { context, path } of visits) {
    const shifts = await shiftsOf(context, path, width);
    const sum = shifts.reduce((total, { value }) => total + value, 0);
    if (sum > MOST_SHIFT) found.push(`${path}: ${sum.toFixed(3)} ${JSON.stringify(shifts)}`);
  }
  await keyHolder.close();
  expect(found).toEqual([]);
});
