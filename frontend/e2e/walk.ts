import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DocumentNode, Kind, parse } from "graphql";
import type { Locator, Page, Route } from "playwright-core";
import { fieldsOf, OFFERED } from "../src/graphql/roles";

const CONTROLS =
  "button:visible, [role=menuitem]:visible, [role=switch]:visible, [role=tab]:visible, summary:visible";
const OVERLAYS = "[role=dialog]:visible, [role=alertdialog]:visible, [role=menu]:visible";
/** What only closes or resets: a mutation is offered when its form is there. */
const LEAVES = /^(Close|Cancel|Done|Copy|Back|Reset to default)/;
const DEEPEST = 3;
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

function mutationsOf(body: string): string[] {
  const { query } = JSON.parse(body) as { query: string };
  const document: DocumentNode = parse(query);
  const isMutation = document.definitions.some(
    (each) => each.kind === Kind.OPERATION_DEFINITION && each.operation === "mutation",
  );
  return isMutation ? fieldsOf(document) : [];
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

/** States in which more can be done: an engine that this server manages, accounts that fail, an alias. */
function withMoreToDo(text: string): string {
  return text
    .replaceAll('"mode":"DEMO"', '"mode":"MANAGED"')
    .replaceAll('"modelAliases":[]', `"modelAliases":[${JSON.stringify(ALIAS)}]`)
    .replaceAll(/"status":"(ACTIVE|UNKNOWN)"/g, '"status":"FAILING"');
}

/** Watches a page: no mutation that it sends reaches the server. */
export async function observe(page: Page): Promise<Found> {
  const found: Found = { offered: new Map(), sent: new Set(), refused: new Set(), dead: new Set() };
  await page.exposeFunction("noteOffered", (names: string[], at: string) => {
    for (const name of names) if (!found.offered.has(name)) found.offered.set(name, at);
  });
  await page.addInitScript((event) => {
    type Noting = { noteOffered: (names: string[], at: string) => void };
    document.addEventListener(event, ({ detail }: CustomEventInit<string[]>) =>
      (window as unknown as Noting).noteOffered(detail ?? [], location.pathname),
    );
  }, OFFERED);
  await page.route("**/graphql", async (route: Route) => {
    const body = route.request().postData() ?? "{}";
    const mutations = mutationsOf(body);
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

/** What is in front: the dialog or menu that was opened last, or the page. */
async function front(page: Page): Promise<Locator> {
  const overlays = page.locator(OVERLAYS);
  const count = await overlays.count();
  return count > 0 ? overlays.nth(count - 1) : page.locator("main");
}

type Control = { label: string; isDone: boolean };

/** The enabled controls in front, each label once. `isDone` marks those that say that they are chosen already. */
async function controls(page: Page): Promise<Control[]> {
  const all = await (await front(page)).locator(CONTROLS).evaluateAll((elements) =>
    elements
      .filter((element) => !element.matches(":disabled, [aria-disabled=true]"))
      .map((element) => ({
        label: (element.getAttribute("aria-label") ?? element.textContent ?? "")
          .trim()
          .slice(0, 60),
        isDone: element.matches(
          "[aria-pressed=true], [aria-selected=true], [aria-current], [type=submit]",
        ),
      })),
  );
  return [
    ...new Map(all.filter(({ label }) => label !== "").map((each) => [each.label, each])).values(),
  ];
}

async function click(page: Page, label: string): Promise<boolean> {
  const scope = await front(page);
  const all = scope.locator(CONTROLS);
  const labels = await all.evaluateAll((elements) =>
    elements.map((element) =>
      (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 60),
    ),
  );
  const place = labels.indexOf(label);
  if (place < 0) return false;
  return all
    .nth(place)
    .click({ timeout: 3000, force: true })
    .then(
      () => true,
      () => false,
    );
}

async function leaveOverlays(page: Page) {
  for (let times = 0; times < 5 && (await page.locator(OVERLAYS).count()) > 0; times++) {
    await page.keyboard.press("Escape");
    await page.waitForTimeout(120);
  }
}

/** Brings the page back to where a chain of controls leads. */
async function comeBack(page: Page, url: string, chain: readonly string[]): Promise<boolean> {
  await leaveOverlays(page);
  if (page.url() !== url || (await page.locator(OVERLAYS).count()) > 0) await open(page, url);
  for (const label of chain) {
    if (!(await click(page, label))) return false;
    await page.waitForTimeout(150);
  }
  return true;
}

async function open(page: Page, url: string) {
  await page.goto(url);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await page.waitForLoadState("networkidle");
}

/** Whether a click has changed anything that a reader could notice. */
async function changes(page: Page, act: () => Promise<boolean>): Promise<boolean> {
  let requests = 0;
  const count = () => requests++;
  page.on("request", count);
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
  const deadline = Date.now() + CHANGE_MS;
  const hasChanged = () =>
    page
      .evaluate(() => (window as unknown as { changed?: boolean }).changed ?? true)
      .catch(() => true);
  while (isDone && Date.now() < deadline) {
    if (requests > 0 || page.url() !== url || (await hasChanged())) break;
    await page.waitForTimeout(50);
  }
  page.off("request", count);
  return !isDone || requests > 0 || page.url() !== url || (await hasChanged());
}

/** Uses every control of a page, and every control of the dialogs and menus that they open. */
export async function walk(page: Page, url: string, found: Found, chain: readonly string[] = []) {
  if (chain.length === 0) await open(page, url);
  const before = await controls(page);
  for (const { label, isDone } of before) {
    if (LEAVES.test(label) || isDone) continue;
    if (!(await comeBack(page, url, chain))) return;
    const overlays = await page.locator(OVERLAYS).count();
    const scope = await (await front(page)).getAttribute("id");
    if (!(await changes(page, () => click(page, label)))) {
      found.dead.add(`${new URL(url).pathname}: ${[...chain, label].join(" → ")}`);
    }
    await page.waitForTimeout(150);
    const now = await page.locator(OVERLAYS).count();
    const isNew =
      now > overlays || (now > 0 && (await (await front(page)).getAttribute("id")) !== scope);
    if (isNew && chain.length + 1 < DEEPEST) await walk(page, url, found, [...chain, label]);
  }
  if (chain.length === 0) await leaveOverlays(page);
}
