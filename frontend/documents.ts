// Replaces each call of `graphql` by the text of its document, with the fragments that it spreads. The generated map of
// all documents, which a browser would have to load before its first page, is then not part of any chunk.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stripIgnoredCharacters, visit } from "graphql";
import type { Plugin } from "vite";

const SOURCES = join(import.meta.dirname, "src");
const DOCUMENT = /\bgraphql\(`([^`]*)`\)/g;
const IS_SOURCE = /\/src\/.*\.tsx?$/;

type Fragments = Map<string, string>;

function readFragments(): Fragments {
  const fragments: Fragments = new Map();
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => /\.tsx?$/.test(name)))
    for (const [, text = ""] of readFileSync(join(SOURCES, file), "utf8").matchAll(DOCUMENT)) {
      const name = text.match(/^\s*fragment (\w+)/)?.[1];
      if (name) fragments.set(name, text);
    }
  return fragments;
}

/** Adds the names of the fragments that a document spreads, and of those that they spread. */
function collectSpreads(text: string, fragments: Fragments, found: Set<string>) {
  visit(parse(text), {
    FragmentSpread({ name: { value } }) {
      if (found.has(value)) return;
      const fragment = fragments.get(value);
      if (fragment === undefined) throw new Error(`there is no fragment ${value}`);
      found.add(value);
      collectSpreads(fragment, fragments, found);
    },
  });
}

/** The whole text of an operation. A fragment is nothing at run time: only its type is read. */
export function complete(text: string, fragments: Fragments): string {
  if (/^\s*fragment /.test(text)) return "";
  const spread = new Set<string>();
  collectSpreads(text, fragments, spread);
  const parts = [text, ...[...spread].map((name) => fragments.get(name) ?? "")];
  return stripIgnoredCharacters(parts.join("\n"));
}

/** urql takes a text as well as a parsed document. */
export function inlineDocuments(): Plugin {
  let fragments: Fragments = new Map();
  return {
    name: "inline-graphql-documents",
    enforce: "pre",
    buildStart() {
      fragments = readFragments();
    },
    transform(code, id) {
      if (!IS_SOURCE.test(id) || id.includes("/generated/") || !code.includes("graphql(`")) return;
      return code.replace(DOCUMENT, (_, text: string) => {
        // The lines stay, so that errors name the right ones.
        const lines = "\n".repeat(text.split("\n").length - 1);
        return JSON.stringify(complete(text, fragments)) + lines;
      });
    },
  };
}
