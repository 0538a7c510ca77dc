import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser";
import {
  observeShifts,
  openVisit,
  prepareEveryPage,
  readShifts,
  type Shift,
  untilLoaded,
  type Visit,
} from "./everyPage";
import { Server } from "./server";

/** Half of the score that Core Web Vitals call good. */
const MAX_SHIFT = 0.05;
const LATENCY_MS = 100;
const SLOW = { timeout: 240_000 };

let server: Server;
let browser: Browser;
let prepared: Awaited<ReturnType<typeof prepareEveryPage>>;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), openBrowser()]);
  prepared = await prepareEveryPage(server, browser);
});
afterAll(async () => {
  await browser.close();
  await server.remove();
});

/** Every layout shift of a page, from an empty window until nothing is loading. */
async function shiftsOf(visit: Visit, width: number): Promise<Shift[]> {
  const context = await openVisit(browser, visit, prepared.signed, width);
  const page = await context.newPage();
  const network = await context.newCDPSession(page);
  await network.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: LATENCY_MS,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
  await observeShifts(page);
  await page.goto(server.url + visit.path);
  await untilLoaded(page);
  const shifts = await readShifts(page);
  await context.close();
  return shifts;
}

test.for([1440, 390])("what arrives later moves nothing at a width of %i", SLOW, async (width) => {
  const found = [];
  for (const visit of prepared.visits) {
    const shifts = await shiftsOf(visit, width);
    const sum = shifts.reduce((total, { value }) => total + value, 0);
    if (sum > MAX_SHIFT) found.push(`${visit.path}: ${sum.toFixed(3)} ${JSON.stringify(shifts)}`);
  }
  expect(found).toEqual([]);
});
