import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { newPage } from "./browser";

type Role = Parameters<Page["getByRole"]>[0];
type Name = string | RegExp;
type Direction = "Tab" | "Shift+Tab";
/** More stops than any page of these tests has. */
const MAX_STOPS = 150;

/** What of the focused element is hidden by something above it, such as a bar; undefined if none of it. */
function hiddenFocus(): string | undefined {
  const focused = document.activeElement;
  // What fills the window, or has more than one line, cannot be hidden by a bar.
  const box = focused?.getBoundingClientRect();
  if (!focused || !box || box.height === 0 || box.height > 100) return undefined;
  const x = box.left + box.width / 2;
  const y = box.top + box.height / 2;
  const above = document.elementFromPoint(x, y);
  const isSeen =
    above !== null &&
    (focused.contains(above) || above.contains(focused) || above.closest("label") !== null);
  return isSeen
    ? undefined
    : `${focused.outerHTML.slice(0, 120)} below ${above?.outerHTML.slice(0, 120)}`;
}

/** Uses a page by keyboard alone: nothing gets the focus but by keys. */
export class Keyboard {
  private constructor(readonly page: Page) {}

  /** A window in which nothing was used yet. */
  static async open(url: string, ...options: Parameters<typeof newPage>): Promise<Keyboard> {
    const page = await newPage(...options);
    await page.goto(url);
    return new Keyboard(page);
  }

  async press(key: string, times = 1) {
    for (let time = 0; time < times; time += 1) await this.page.keyboard.press(key);
  }

  /** Types, or pastes, where the focus is. */
  async type(text: string) {
    await this.page.keyboard.insertText(text);
  }

  /** The elements with this role and name. */
  #find(role: Role, name: Name): Locator {
    return this.page.getByRole(role, { name, exact: typeof name === "string" });
  }

  /** Waits until the focus is on this element, without a key. */
  async isAt(role: Role, name: Name) {
    const focused = this.#find(role, name).and(this.page.locator(":focus"));
    await focused.waitFor({ state: "attached", timeout: 5_000 }).catch(async () => {
      const where = await this.page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200));
      throw new Error(`the focus is not on ${role} ${name} but on ${where}`);
    });
  }

  /** Goes on with Tab, or back with Shift+Tab, until this element has the focus. */
  async reach(role: Role, name: Name, key: Direction = "Tab") {
    await this.#reach(this.#find(role, name), `${role} ${name}`, key);
  }

  async #reach(target: Locator, what: string, key: Direction = "Tab") {
    await target.first().waitFor({ state: "attached" });
    const isThere = async () => (await target.and(this.page.locator(":focus")).count()) > 0;
    let stops = 0;
    while (!(await isThere())) {
      expect(stops, `${what} is reached with ${key}`).toBeLessThan(MAX_STOPS);
      await this.press(key);
      stops += 1;
    }
    expect(await this.page.evaluate(hiddenFocus)).toBeUndefined();
  }

  /** Reaches a button, link or check box, and uses it. */
  async use(role: Role, name: Name, key: "Enter" | "Space" = "Enter") {
    await this.reach(role, name);
    await this.press(key);
  }

  /** Reaches the field with this label and writes into it, in place of what is there. */
  async fill(label: Name, text: string) {
    const field = this.page.getByLabel(label, { exact: typeof label === "string" });
    await this.#reach(field, `field ${label}`);
    await this.press("Control+a");
    await this.type(text);
  }

  /** Reaches a list of choices and chooses the one that begins like this. */
  async choose(name: Name, option: string) {
    await this.reach("combobox", name);
    await this.page.keyboard.type(option);
    const chosen = () =>
      this.page.evaluate(
        () => (document.activeElement as HTMLSelectElement).selectedOptions[0]?.label,
      );
    expect(await chosen()).toContain(option);
  }

  /** Opens a menu and chooses an item with the arrow keys. */
  async menu(name: Name, item: string) {
    await this.use("button", name);
    const focused = this.page.locator('[role^="menuitem"]:focus');
    await focused.waitFor();
    for (let stop = 0; stop < MAX_STOPS; stop += 1) {
      if ((await focused.textContent())?.includes(item)) break;
      await this.press("ArrowDown");
    }
    expect(await focused.textContent()).toContain(item);
    await this.press("Enter");
  }

  /** Waits until a dialog is open, with the focus in it. */
  async dialog(name: Name) {
    await this.page.getByRole("dialog", { name }).locator(":focus").waitFor();
  }

  /** Waits until no dialog is left, and the focus is back on the element that opened it. */
  async backAt(role: Role, name: Name) {
    await this.page.getByRole("dialog").first().waitFor({ state: "detached" });
    await this.isAt(role, name);
  }

  /** Waits until a page is announced, and shown. */
  async announced(title: string) {
    const region = this.page.locator("[data-live-announcer][aria-live]");
    await region.getByText(title, { exact: true }).waitFor({ state: "attached" });
    expect(await this.page.title()).toBe(`${title} · ProxyPal Server`);
  }

  /** Goes to a page by its link in the navigation. */
  async go(place: string, title = place) {
    await this.use("link", place);
    await this.announced(title);
  }

  /** Waits for a text. */
  async reads(text: Name) {
    await this.page.getByText(text).first().waitFor();
  }

  /** Waits until a text is no longer there. */
  async isGone(text: string) {
    await this.page.getByText(text).waitFor({ state: "detached" });
  }

  /** Waits until the page has what it shows. */
  async isLoaded() {
    await this.page.waitForFunction(
      () => !document.querySelector("main .skeleton, main .animate-spin, main [data-pending]"),
    );
  }

  /** Everything that Tab stops at, once around the page: role or element, and name. */
  async stops(): Promise<string[]> {
    await this.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    const found: string[] = [];
    for (let stop = 0; stop < MAX_STOPS; stop += 1) {
      await this.press("Tab");
      const [name, hidden] = [
        await this.page.evaluate(nameOfFocus),
        await this.page.evaluate(hiddenFocus),
      ];
      if (name === undefined) break;
      expect(hidden).toBeUndefined();
      found.push(name);
    }
    return found;
  }
}

/** The focused element as `button Create user`; undefined if nothing has the focus. */
function nameOfFocus(): string | undefined {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return undefined;
  const labels = (focused as HTMLInputElement).labels;
  const name =
    focused.getAttribute("aria-label") ?? labels?.[0]?.textContent ?? focused.textContent;
  const element = { select: "combobox", a: "link" }[focused.localName] ?? focused.localName;
  const role = focused.getAttribute("role") ?? element;
  return `${role} ${(name ?? "").trim().replaceAll(/\s+/g, " ").slice(0, 60)}`;
}
