import { expect, test } from "vitest";

/** The allowed imports between folders. All may import i18n and generated code. */
const DOORS: Record<string, string[]> = {
  i18n: [],
  lib: [],
  graphql: ["lib"],
  ui: ["graphql", "lib"],
  session: ["ui", "graphql", "lib"],
  connect: ["session", "ui", "graphql", "lib"],
  limits: ["ui", "graphql", "lib"],
  keys: ["connect", "session", "ui", "graphql", "lib"],
  alerts: ["session", "ui", "graphql", "lib"],
  savedViews: ["ui", "graphql", "lib"],
  pickers: ["ui", "graphql", "lib"],
  accountGroups: ["ui", "graphql", "lib"],
  windows: ["ui", "graphql", "lib"],
  features: [
    "accountGroups",
    "windows",
    "pickers",
    "alerts",
    "limits",
    "keys",
    "connect",
    "session",
    "ui",
    "graphql",
    "lib",
  ],
  shell: ["alerts", "keys", "session", "ui", "graphql", "lib"],
  pages: [
    "features",
    "savedViews",
    "windows",
    "limits",
    "connect",
    "session",
    "ui",
    "graphql",
    "lib",
  ],
};

const files = import.meta.glob<string>(
  ["../**/*.{ts,tsx}", "!../graphql/generated/**", "!../i18n/generated/**"],
  {
    query: "?raw",
    import: "default",
    eager: true,
  },
);

type Use = { file: string; room: string; from: string; target: string };

function* uses(): Generator<Use> {
  for (const [path, source] of Object.entries(files)) {
    if (path.endsWith(".test.ts") || path.endsWith(".test.tsx")) continue;
    const file = new URL(path, "file:///src/test/").pathname;
    for (const [, specifier = ""] of source.matchAll(/from "(\.[^"]+)"/g)) {
      const target = new URL(specifier, `file://${file}`).pathname;
      yield { file, room: file.split("/")[2] ?? "", from: file, target };
    }
  }
}

test("every room uses only the rooms below it", () => {
  const trespasses = [...uses()].filter(({ room, target }) => {
    const wanted = target.split("/")[2] ?? "";
    const doors = DOORS[room];
    return doors !== undefined && ![room, "i18n", ...doors].includes(wanted);
  });

  expect(trespasses.map(({ file, target }) => `${file} uses ${target}`)).toEqual([]);
});

test("no feature imports another feature", () => {
  const trespasses = [...uses()].filter(({ room, file, target }) => {
    const [, , wantedRoom, wanted] = target.split("/");
    return room === "features" && wantedRoom === "features" && wanted !== file.split("/")[3];
  });

  expect(trespasses.map(({ file, target }) => `${file} uses ${target}`)).toEqual([]);
});

/** As in scripts/compile-messages.js. */
const FIRST = ["common", "errors", "format", "roles", "session", "shell"];

test("the sign-in page and the frame have only texts that are loaded first", () => {
  const late = Object.entries(files).flatMap(([path, source]) => {
    const file = new URL(path, "file:///src/test/").pathname;
    const isFirst = /^\/src\/(session|shell)\//.test(file) && !file.includes("/palette/");
    if (!isFirst || /\.test\./.test(file)) return [];
    const keys = [...source.matchAll(/\bt\(\s*["`](\w+)\./g)].map(([, part = ""]) => part);
    return keys.filter((part) => !FIRST.includes(part)).map((part) => `${file}: ${part}`);
  });

  expect(late).toEqual([]);
});
