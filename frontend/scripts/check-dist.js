// What the built app must keep: a small first load, and nothing the content security policy refuses.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

// Everything that is loaded before the code of a page: `make bench-web` measures the whole, and bounds the overview at 200 kB.
const BUDGET_BYTES = 128 * 1024;
const dist = join(import.meta.dirname, "../dist");
const page = readFileSync(join(dist, "index.html"), "utf8");
const failures = [];

const firstLoad = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(
  (match) => match[1],
);
// The messages of the frame, in one language.
const catalogues = readdirSync(join(dist, "assets")).filter((name) =>
  /^(en|vi)\.first-.*\.js$/.test(name),
);
if (catalogues.length !== 2) failures.push("there should be one catalogue for each language");
const size = (file) => gzipSync(readFileSync(join(dist, file))).length;
firstLoad.push(
  ...catalogues
    .map((name) => `assets/${name}`)
    .sort((one, other) => size(other) - size(one))
    .slice(0, 1),
);
const total = firstLoad.reduce((sum, file) => sum + size(file), 0);
if (firstLoad.length === 0) failures.push("index.html loads no assets: was the app built?");
if (total > BUDGET_BYTES) failures.push(`the first load has ${total} bytes gzip`);

if (/<script(?![^>]*\bsrc=)/.test(page)) failures.push("index.html has an inline script");
if (/\sstyle=/.test(page)) failures.push("index.html has an inline style");
for (const file of readdirSync(join(dist, "assets")).filter((name) => name.endsWith(".js"))) {
  const source = readFileSync(join(dist, "assets", file), "utf8");
  // Solid writes templates with innerHTML, where a style attribute is refused.
  if (/<[a-z]+[^<>`]* style=/.test(source))
    failures.push(`${file} has a template with inline style`);
}

for (const failure of failures) process.stderr.write(`dist: ${failure}\n`);
process.stdout.write(`dist: first load ${(total / 1024).toFixed(1)} KiB gzip of 128\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
