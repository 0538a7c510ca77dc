import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DocumentNode, Kind, parse } from "graphql";
import type { Page, Request, Route } from "playwright-core";
import { OFFERED } from "../src/graphql/roles";
import { type Control, installWalker } from "./walker";

/** What only closes or resets: a mutation is offered when its form is there. */
const LEAVES = /^(Close|Cancel|Done|Copy|Back|Reset to default)/;
const DEEPEST = 3;
/** How many rows of a list are looked at. */
const ALIKE = 2;
const CHANGE_MS = 700;

/** What a walk found out. */
export type Found = {
  /** The mutations that were offered, with the first place where. */
  offered: Map<string, string>;
  /** The mutations that were sent; none of them reached the server. */
  sent: Set<string>;
  /** The queries that the server refused to the role. */
  refused: Set<string>;
  /** The controls that did nothing. */
  dead: Set<string>;
};

/** The paths of an administrator's pages, from the table of routes. */
export function allPaths(id: string): string[] {
  const source = readFileSync(join(import.meta.dirname, "../src/App.tsx"), "utf8");
  const table = source.slice(
    source.indexOf("function AdminRoutes"),
    source.indexOf("export function"),
  );
  const above: string[] = [];
  const paths = new Set<string>();
  for (const [, close, path = "", end] of table.matchAll(
    /<(\/?)Route(?: path="([^"]+)"[^>]*?(\/?)>|>)/g,
  )) {
    if (close) above.pop();
    else if (end) paths.add([...above, path].join("").replaceAll(/\/+/g, "/"));
    else above.push(path);
  }
  return [...paths].map((path) =>
    path
      .replace(":id", id)
      .replace("*", "no-such-page")
      .replace(/(.)\/$/, "$1"),
  );
}

/** The mutations that a document sends, as `createUser`. The build leaves documents as text. */
export function mutationsOf(document: DocumentNode | string): string[] {
  const { definitions } = typeof document === "string" ? parse(document) : document;
  return definitions.flatMap((each) =>
    each.kind === Kind.OPERATION_DEFINITION && each.operation === "mutation"
      ? each.selectionSet.selections.flatMap((field) =>
          field.kind === Kind.FIELD ? [field.name.value] : [],
        )
      : [],
  );
}

// The demo engine has none.
const ALIAS = {
  __typename: "ModelAlias",
  alias: "fast",
  model: "demo-claude",
  provider: null,
  active: true,
  createdAt: "2026-01-01T00:00:00Z",
};

// No release feed is read.
const RELEASE = {
  __typename: "EngineReleaseInfo",
  version: "8.0.0",
  notes: "",
  publishedAt: null,
  isPrerelease: false,
  isTested: false,
  isRunning: false,
  canInstall: true,
  sizeBytes: null,
};
const ACCOUNT_GROUP = {
  __typename: "AccountGroup",
  id: "group",
  name: "Team",
  isDefault: false,
  version: 1,
  userCount: 1,
  apiKeyCount: 0,
  accounts: [],
};
/** A pool that one user shares. */
const SHARED_POOL = {
  __typename: "SharedPool",
  provider: "CLAUDE",
  windows: [],
  shares: [
    {
      __typename: "UserShare",
      weight: 1,
      sharePercent: 100,
      fiveHoursUsedPercent: 0,
      weekUsedPercent: 0,
      weekKeptPercent: 0,
      state: "BELOW_SHARE",
      user: { __typename: "User", id: "user", name: "ada" },
    },
  ],
};
/** A price list that changes one price. */
const PRICE_UPDATE = {
  __typename: "PriceUpdate",
  source: "A list",
  date: "2026-11-30",
  changeCount: 1,
  unchanged: 0,
  digest: "00",
  changes: [
    {
      __typename: "PriceChange",
      before: null,
      after: {
        __typename: "Price",
        id: "p1",
        modelPattern: "listed-*",
        provider: null,
        inputPerMillion: "1",
        outputPerMillion: "2",
      },
    },
  ],
  removed: [],
  kept: [],
};

/**
 * States in which more can be done: an engine that this server manages with a release and an earlier version, accounts that
 * fail or are paused, an account group, an alias, a user with an alert address, a price list with changes.
 */
function withMoreToDo(text: string): string {
  let accounts = 0;
  return text
    .replaceAll('"mode":"DEMO"', '"mode":"MANAGED"')
    .replaceAll('"canRollBack":false', '"canRollBack":true')
    .replaceAll('"releases":[]', `"releases":[${JSON.stringify(RELEASE)}]`)
    .replaceAll('"alertAddress":null', '"alertAddress":"ada@home.example"')
    .replaceAll('"priceUpdate":null', `"priceUpdate":${JSON.stringify(PRICE_UPDATE)}`)
    .replaceAll('"accountGroups":[]', `"accountGroups":[${JSON.stringify(ACCOUNT_GROUP)}]`)
    .replaceAll('"mode":"OFF"', '"mode":"OBSERVE"')
    .replaceAll('"pools":[]', `"pools":[${JSON.stringify(SHARED_POOL)}]`)
    .replaceAll('"modelAliases":[]', `"modelAliases":[${JSON.stringify(ALIAS)}]`)
    .replaceAll(/"status":"(ACTIVE|UNKNOWN)"/g, () =>
      accounts++ % 2 === 0 ? '"status":"FAILING"' : '"status":"PAUSED"',
    );
}

/** Watches a page: no mutation that it sends reaches the server. */
export async function observe(page: Page): Promise<Found> {
  watchRequests(page);
  const found: Found = { offered: new Map(), sent: new Set(), refused: new Set(), dead: new Set() };
  await page.exposeFunction("noteOffered", (document: DocumentNode | string, at: string) => {
    for (const name of mutationsOf(document))
      if (!found.offered.has(name)) found.offered.set(name, at);
  });
  await page.addInitScript(installWalker);
  // A toast must not lie over what is used next.
  await page.addInitScript(() => {
    const style = new CSSStyleSheet();
    style.replaceSync(".toast { pointer-events: none }");
    document.adoptedStyleSheets.push(style);
  });
  await page.addInitScript((event) => {
    type Noting = { noteOffered: (document: unknown, at: string) => void };
    document.addEventListener(event, ({ detail }: CustomEventInit) =>
      (window as unknown as Noting).noteOffered(detail, location.pathname),
    );
  }, OFFERED);
  await page.route("**/graphql", async (route: Route) => {
    const body = route.request().postData() ?? "{}";
    const { query } = JSON.parse(body) as { query: string };
    const mutations = mutationsOf(query);
    if (mutations.length > 0) {
      for (const name of mutations) found.sent.add(name);
      const errors = [{ message: "not sent", extensions: { code: "BAD_USER_INPUT" } }];
      return route.fulfill({ json: { data: null, errors } });
    }
    const answer = await route.fetch().catch(() => undefined);
    if (!answer) return route.abort();
    const text = await answer.text();
    if (text.includes('"FORBIDDEN"')) found.refused.add(body);
    return route.fulfill({ response: answer, body: withMoreToDo(text) });
  });
  await page.routeWebSocket(/graphql/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => socket.send(withMoreToDo(message.toString())));
  });
  return found;
}

/** The id of the open dialog or menu in front. */
function frontId(page: Page): Promise<string | undefined> {
  return page.evaluate(() => window.walker.frontId());
}

/** The first of those whose labels begin alike, as the menus of rows do. */
function onceOrTwice(all: readonly Control[]): Control[] {
  const counts = new Map<string, number>();
  return all.filter(({ label }) => {
    const begin = label.split(" ").slice(0, 2).join(" ");
    counts.set(begin, (counts.get(begin) ?? 0) + 1);
    return (counts.get(begin) ?? 0) <= ALIKE;
  });
}

/** The enabled controls in front, each label once. */
async function controls(page: Page): Promise<Control[]> {
  const all = await page.evaluate(() => window.walker.controls());
  const named = all.filter(({ label }) => label !== "");
  return onceOrTwice([...new Map(named.map((each) => [each.label, each])).values()]);
}

/** Uses a control in front as a keyboard does; an item of a menu with the mouse. */
async function use(page: Page, label: string): Promise<boolean> {
  const way = await page.evaluate((wanted) => window.walker.aim(wanted), label);
  if (!way) return false;
  if ("key" in way) await page.keyboard.press(way.key);
  else await page.mouse.click(way.x, way.y);
  return true;
}

/** What each page waits for. */
const pending = new WeakMap<Page, Set<Request>>();

function watchRequests(page: Page) {
  const open = new Set<Request>();
  pending.set(page, open);
  page.on("request", (request) => open.add(request));
  page.on("requestfinished", (request) => open.delete(request));
  page.on("requestfailed", (request) => open.delete(request));
}

/** Waits until a page is at rest: nothing is being fetched and nothing moves. */
async function settle(page: Page) {
  const rest = () =>
    page.evaluate(async () => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      await frame().then(frame);
      const moving = document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
      await Promise.allSettled(moving.map(({ finished }) => finished));
      await frame();
    });
  // A click may have left the page.
  await rest().catch(() => undefined);
  const requests = [...(pending.get(page) ?? [])];
  if (requests.length === 0) return;
  await Promise.allSettled(requests.map((each) => each.response()));
  await rest().catch(() => undefined);
}

async function leaveOverlays(page: Page) {
  for (let times = 0; times < 5 && (await frontId(page)) !== undefined; times++) {
    await page.keyboard.press("Escape");
    await settle(page);
  }
}

/** Restores the state of the page after a chain of controls. */
async function comeBack(page: Page, url: string, chain: readonly string[]): Promise<boolean> {
  await leaveOverlays(page);
  if (page.url() !== url || (await frontId(page)) !== undefined) {
    if (!(await reopen(page, url))) await open(page, url);
  }
  for (const label of chain) {
    if (!(await use(page, label))) return false;
    await settle(page);
  }
  return true;
}

async function open(page: Page, url: string) {
  await page.goto(url);
  await isShown(page);
}

/** Waits until a page has what it shows. */
async function isShown(page: Page) {
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await page.waitForFunction(() => !document.querySelector("main [data-pending]"));
  await settle(page);
}

/** Shows a page anew within the app, which is faster than to load it; resolves to whether it is shown as it was. */
async function reopen(page: Page, url: string): Promise<boolean> {
  if ((await frontId(page)) !== undefined) return false;
  const go = (to: string) =>
    page.evaluate((href) => {
      history.pushState(null, "", href);
      dispatchEvent(new PopStateEvent("popstate"));
    }, to);
  await go(new URL("/no-such-page", url).href);
  const isLeft = await page
    .getByRole("heading", { name: "Page not found" })
    .waitFor({ timeout: CHANGE_MS })
    .then(
      () => true,
      () => false,
    );
  if (!isLeft) return false;
  await go(url);
  await page.getByRole("heading", { name: "Page not found" }).waitFor({ state: "detached" });
  await isShown(page);
  return page.url() === url && (await frontId(page)) === undefined;
}

/** Whether a click has changed anything that a reader could notice. */
async function changes(page: Page, act: () => Promise<boolean>): Promise<boolean> {
  let requests = 0;
  const count = () => requests++;
  page.on("request", count);
  page.on("download", count);
  await page.evaluate(() => {
    const marked = window as unknown as { changed: boolean; watching?: MutationObserver };
    marked.watching?.disconnect();
    marked.changed = false;
    marked.watching = new MutationObserver(() => (marked.changed = true));
    marked.watching.observe(document, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
  });
  const url = page.url();
  const isDone = await act();
  const isSame = () => requests === 0 && page.url() === url;
  const hasChanged = () =>
    page
      .waitForFunction(
        () => (window as unknown as { changed?: boolean }).changed ?? true,
        undefined,
        { timeout: CHANGE_MS },
      )
      .then(
        () => true,
        () => !isSame(),
      );
  const isChanged = !isDone || !isSame() || (await hasChanged());
  page.off("request", count);
  page.off("download", count);
  return isChanged;
}

/** Whether a page shows what it did when its controls were listed; its filters may have changed. */
async function isStillAt(page: Page, url: string, front: string | undefined): Promise<boolean> {
  return new URL(page.url()).pathname === new URL(url).pathname && (await frontId(page)) === front;
}

/** Uses every control of a page, and every control of the dialogs and menus that they open. */
export async function walk(page: Page, url: string, found: Found, chain: readonly string[] = []) {
  if (chain.length === 0) await open(page, url);
  const front = await frontId(page);
  for (const { label, isDone } of await controls(page)) {
    if (LEAVES.test(label) || isDone) continue;
    const attempt = async (
      isFresh: boolean,
    ): Promise<"lost" | "opened" | "changed" | "nothing"> => {
      const isThere = !isFresh && (await isStillAt(page, url, front));
      if (!isThere && !(await comeBack(page, url, chain))) return "lost";
      const before = await frontId(page);
      let isUsed = false;
      const hasChanged = await changes(page, async () => {
        isUsed = await use(page, label);
        return isUsed;
      });
      if (!isUsed) return isThere ? attempt(true) : "lost";
      await settle(page);
      const after = await frontId(page);
      if (after !== undefined && after !== before) return "opened";
      return hasChanged ? "changed" : "nothing";
    };
    let outcome = await attempt(false);
    // What was used before may have done it already, and a menu that was still closing may have taken the key.
    if (outcome === "nothing") outcome = await attempt(true);
    if (outcome === "nothing")
      found.dead.add(`${new URL(url).pathname}: ${[...chain, label].join(" → ")}`);
    if (outcome === "opened" && chain.length + 1 < DEEPEST)
      await walk(page, url, found, [...chain, label]);
  }
  if (chain.length === 0) await leaveOverlays(page);
}
