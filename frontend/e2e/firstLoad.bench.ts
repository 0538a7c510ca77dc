// Measures the first visit of every page on a slow connection and a slow device: `make bench-web`.
import { writeFileSync } from "node:fs";
import type { Browser, CDPSession } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser";
import {
  observeShifts,
  openVisit,
  prepareEveryPage,
  readShifts,
  untilLoaded,
  type Visit,
} from "./everyPage";
import { Server } from "./server";

/** 1 kB is 1000 bytes. Bounds the overview, fonts included. */
const MAX_KB = 200;
const MAX_LCP_MS = 2500;
const MAX_SHIFT = 0.05;

/** 1.6 Mbit/s and 150 ms, which Lighthouse calls slow 4G; a device four times slower than this machine. */
const LINE = {
  offline: false,
  latency: 150,
  downloadThroughput: 1_600_000 / 8,
  uploadThroughput: 750_000 / 8,
};
const SLOWDOWN = 4;
const WIDTHS = [1440, 390];
/** Each figure is the median of so many visits. */
const ROUNDS = Number(process.env.ROUNDS ?? 3);
/** Only pages whose path matches, while working on one. */
const ONLY = new RegExp(process.env.ONLY ?? "");
/** Enough for a full list on the page of requests. */
const ROUNDS_OF_REQUESTS = 10;
const HOUR = { timeout: 3_600_000 };

type Bytes = Record<"script" | "style" | "font" | "data" | "other", number>;
type Load = { bytes: Bytes; requests: number; lcp: number; shift: number; lcpOf: string };

let server: Server;
let browser: Browser;
let prepared: Awaited<ReturnType<typeof prepareEveryPage>>;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), openBrowser()]);
  prepared = await prepareEveryPage(server, browser, ROUNDS_OF_REQUESTS);
}, HOUR.timeout);
afterAll(async () => {
  await browser.close();
  await server.remove();
});

const KINDS: Record<string, keyof Bytes> = {
  Script: "script",
  Stylesheet: "style",
  Font: "font",
  Fetch: "data",
  WebSocket: "data",
};

/** Counts requests and bytes on the wire, heads of responses included. */
function watchNetwork(network: CDPSession) {
  const bytes: Bytes = { script: 0, style: 0, font: 0, data: 0, other: 0 };
  const kinds = new Map<string, keyof Bytes>();
  network.on("Network.requestWillBeSent", ({ requestId, type }) => {
    kinds.set(requestId, KINDS[type ?? ""] ?? "other");
  });
  network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    bytes[kinds.get(requestId) ?? "other"] += encodedDataLength;
  });
  network.on("Network.webSocketFrameReceived", ({ response }) => {
    bytes.data += response.payloadData.length;
  });
  return () => ({ bytes, requests: kinds.size });
}

async function load(visit: Visit, width: number): Promise<Load> {
  const context = await openVisit(browser, visit, prepared.signed, width);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", LINE);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
  const read = watchNetwork(devtools);
  await observeShifts(page);
  await page.goto(server.url + visit.path);
  await untilLoaded(page);
  const shifts = await readShifts(page);
  const largest = await page.evaluate(
    () =>
      new Promise<{ lcp: number; lcpOf: string }>((resolve) => {
        new PerformanceObserver((list) => {
          const last = list.getEntries().at(-1) as PerformanceEntry & { element?: Element };
          resolve({ lcp: last.startTime, lcpOf: last.element?.textContent?.slice(0, 40) ?? "" });
        }).observe({ type: "largest-contentful-paint", buffered: true });
      }),
  );
  await context.close();
  return { ...read(), ...largest, shift: shifts.reduce((sum, { value }) => sum + value, 0) };
}

function middle(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const kB = (bytes: number) => (bytes / 1000).toFixed(0);
const total = (bytes: Bytes) => Object.values(bytes).reduce((sum, each) => sum + each, 0);

/** A row of the table, and the bounds that are exceeded. */
async function measure(visit: Visit): Promise<{ cells: string[]; failures: string[] }> {
  const failures: string[] = [];
  const loads = new Map<number, Load[]>(WIDTHS.map((width) => [width, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [width, known] of loads) known.push(await load(visit, width));
  const wide = loads.get(WIDTHS[0] ?? 0)?.[0];
  if (!wide) throw new Error("nothing was measured");
  if (visit.path === "/" && total(wide.bytes) > MAX_KB * 1000)
    failures.push(`${visit.path}: ${kB(total(wide.bytes))} kB`);
  const timings: string[] = [];
  for (const [width, known] of loads) {
    const lcp = middle(known.map((each) => each.lcp));
    const shift = Math.max(...known.map((each) => each.shift));
    if (lcp > MAX_LCP_MS) failures.push(`${visit.path} at ${width}: LCP ${lcp.toFixed(0)} ms`);
    if (shift > MAX_SHIFT) failures.push(`${visit.path} at ${width}: CLS ${shift.toFixed(3)}`);
    timings.push((lcp / 1000).toFixed(2), shift.toFixed(3));
    if (process.env.ONLY) process.stderr.write(`${visit.path} ${width}: ${known[0]?.lcpOf}\n`);
  }
  const { script, style, font, data } = wide.bytes;
  const sizes = [total(wide.bytes), script, style, font, data].map(kB);
  const path = visit.path.replace(/[0-9a-f-]{36}/, "ID");
  return { cells: [path, ...sizes, String(wide.requests), ...timings], failures };
}

const HEADS = ["page", "kB", "scripts", "styles", "fonts", "data", "requests"];

test("the first visit of every page stays within its bounds", HOUR, async () => {
  const heads = [...HEADS, ...WIDTHS.flatMap((width) => [`LCP s, ${width}`, `CLS, ${width}`])];
  const lines = [`| ${heads.join(" | ")} |`, `|---${"|--:".repeat(heads.length - 1)}|`];
  const failures: string[] = [];
  for (const visit of prepared.visits.filter(({ path }) => ONLY.test(path))) {
    const measured = await measure(visit);
    lines.push(`| ${measured.cells.join(" | ")} |`);
    failures.push(...measured.failures);
  }
  process.stdout.write(`${lines.join("\n")}\n`);
  if (process.env.TABLE) writeFileSync(process.env.TABLE, `${lines.join("\n")}\n`);
  expect(failures).toEqual([]);
});
