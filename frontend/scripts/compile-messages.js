// Compiles messages/<language>/*.json to what the browser loads, and types every key and its arguments.
// Fails when a language lacks a message, has one too many, or takes other arguments than English does.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import compile from "icu-minify/compile";

const SOURCE = "en";
// What the sign-in page and the frame say is a file of its own, so that they show before the rest is there.
const FIRST = ["common", "errors", "format", "roles", "session", "shell"];
const root = join(import.meta.dirname, "../messages");
const target = join(import.meta.dirname, "../src/i18n/generated");

// The node types of icu-minify: what follows the name of an argument in its array.
const KINDS = { 1: "select", 2: "plural", 3: "plural", 4: "number", 5: "date", 6: "date" };
const TYPES = {
  plain: "string | number",
  select: "string",
  plural: "number",
  number: "number",
  date: "Date",
};

/** All messages of a language under their full keys: `keys.states.ACTIVE`. */
function readMessages(language) {
  const messages = new Map();
  const collect = (prefix, node) => {
    if (typeof node === "string") messages.set(prefix, compile(node));
    else for (const [name, child] of Object.entries(node)) collect(`${prefix}.${name}`, child);
  };
  for (const file of readdirSync(join(root, language)).sort()) {
    collect(
      file.replace(/\.json$/, ""),
      JSON.parse(readFileSync(join(root, language, file), "utf8")),
    );
  }
  return messages;
}

/** The arguments of a compiled message: name to kind. A plural that is also shown plainly stays a plural. */
function argumentsOf(nodes, found = new Map()) {
  if (!Array.isArray(nodes)) return found;
  for (const node of nodes) {
    if (!Array.isArray(node)) continue;
    const [name, kind, options] = node;
    if (kind !== undefined && !(kind in KINDS))
      throw new Error(`tags are not supported: <${name}>`);
    if (!found.has(name) || kind !== undefined) found.set(name, KINDS[kind] ?? "plain");
    if (kind <= 3) for (const branch of Object.values(options)) argumentsOf(branch, found);
  }
  return found;
}

function signature(message) {
  const entries = [...argumentsOf(message)].sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([name, kind]) => `${name}: ${TYPES[kind]}`).join("; ");
}

/** What a translation gets wrong. */
function* mistakes(language, translated, source) {
  for (const [key, message] of source) {
    if (!translated.has(key)) yield `${language}: ${key} is missing`;
    else if (signature(translated.get(key)) !== signature(message))
      yield `${language}: ${key} takes {${signature(translated.get(key))}}, not {${signature(message)}}`;
  }
  for (const key of translated.keys())
    if (!source.has(key)) yield `${language}: ${key} is not in ${SOURCE}`;
}

const source = readMessages(SOURCE);
mkdirSync(target, { recursive: true });
for (const language of readdirSync(root)) {
  const messages = readMessages(language);
  for (const mistake of mistakes(language, messages, source)) {
    process.stderr.write(`messages: ${mistake}\n`);
    process.exitCode = 1;
  }
  const isFirst = ([key]) => FIRST.includes(key.split(".")[0]);
  for (const [part, entries] of [
    ["first", [...messages].filter(isFirst)],
    ["rest", [...messages].filter((entry) => !isFirst(entry))],
  ]) {
    writeFileSync(
      join(target, `${language}.${part}.json`),
      JSON.stringify(Object.fromEntries(entries)),
    );
  }
}

const lines = [...source].map(([key, message]) => {
  const named = signature(message);
  return `  "${key}": ${named ? `{ ${named} }` : "null"};`;
});
writeFileSync(
  join(target, "keys.ts"),
  `/** Every message, and the arguments that it takes. */\nexport type Messages = {\n${lines.join("\n")}\n};\n`,
);
