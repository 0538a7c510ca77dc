// Compresses what the server will hand out, once and as small as can be, instead of with each request.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const WORTH_IT_BYTES = 1024;
const dist = join(import.meta.dirname, "../dist");

for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(?:css|js|svg)$/.test(name)) continue;
  const path = join(dist, name);
  const plain = readFileSync(path);
  if (plain.length < WORTH_IT_BYTES) continue;
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  writeFileSync(`${path}.br`, brotliCompressSync(plain, quality));
  writeFileSync(`${path}.gz`, gzipSync(plain, { level: constants.Z_BEST_COMPRESSION }));
}
