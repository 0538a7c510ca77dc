import { readFileSync } from "node:fs";
import { render } from "@solidjs/testing-library";
import { expect, test } from "vitest";
import { chooseLanguage, LANGUAGES, loadLanguage, t, tIfKnown } from ".";

type Tree = { [name: string]: string | Tree };

const catalogues = import.meta.glob<Tree>("../../messages/*/*.json", {
  import: "default",
  eager: true,
});
const sources = import.meta.glob<string>(["../**/*.{ts,tsx}", "!../**/generated/**"], {
  query: "?raw",
  import: "default",
  eager: true,
});

function keysOf(language: string): string[] {
  const below = (prefix: string, node: string | Tree): string[] =>
    typeof node === "string"
      ? [prefix]
      : Object.entries(node).flatMap(([name, child]) => below(`${prefix}.${name}`, child));
  return Object.entries(catalogues).flatMap(([path, tree]) => {
    const [, of, namespace = ""] = /messages\/(\w+)\/(\w+)\.json$/.exec(path) ?? [];
    return of === language ? below(namespace, tree) : [];
  });
}

test("every language has every message", () => {
  for (const { value } of LANGUAGES) expect(keysOf(value)).toEqual(keysOf("en"));
});

test("every message is used", () => {
  const code = Object.values(sources).join("\n");
  // A key that is built at run time starts with the text before its first placeholder.
  const prefixes = [...code.matchAll(/`(\w+\.[\w.]*)\$\{/g)].map(([, prefix = ""]) => prefix);
  const isUsed = (key: string) =>
    code.includes(`"${key}"`) || prefixes.some((prefix) => key.startsWith(prefix));

  expect(keysOf("en").filter((key) => !isUsed(key))).toEqual([]);
});

test("numbers decide the plural and are grouped as the language does", async () => {
  expect(t("common.accounts", { count: 1 })).toBe("1 account");
  expect(t("common.accounts", { count: 1200 })).toBe("1,200 accounts");
  await loadLanguage("vi");
  expect(t("common.accounts", { count: 1200 })).toBe("1.200 tài khoản");
  await loadLanguage("en");
});

test("what is on the page follows the language", async () => {
  const { container } = render(() => <p>{t("common.cancel")}</p>);
  await chooseLanguage("vi");
  expect(container.textContent).toBe("Hủy");
  expect(document.documentElement.lang).toBe("vi");
  await chooseLanguage("en");
  expect(container.textContent).toBe("Cancel");
});

test("a code that the app does not know has no message", () => {
  expect(tIfKnown("errors.cures.NEVER_HEARD_OF")).toBeUndefined();
});

test("every mutation has a name in the audit log", () => {
  const schema = readFileSync("../schema.graphql", "utf8");
  const [, mutations = ""] = /^type Mutation \{$(.*?)^\}$/ms.exec(schema) ?? [];
  const fields = mutations.replaceAll(/"""[\s\S]*?"""/g, "");
  const names = [...fields.matchAll(/^\t(\w+)[(:]/gm)].map(([, name = ""]) => name);

  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name) => tIfKnown(`audit.actions.${name}`) === undefined)).toEqual([]);
});
