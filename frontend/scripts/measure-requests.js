// How smooth the long list of requests is: loads it whole in Chromium, sends requests through the gateway,
// and reports long frames while the list follows, is scrolled, and is typed over.
// Usage: node scripts/measure-requests.js URL PASSWORD KEY [ROWS] [EVENTS_PER_SECOND] [SECONDS]
import { Agent, request as send } from "node:http";
import { chromium } from "playwright-core";

const [url, password, key, rows = "100000", rate = "200", seconds = "15"] = process.argv.slice(2);
if (!key) throw new Error("usage: measure-requests.js URL PASSWORD KEY [ROWS] [RATE] [SECONDS]");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const LONG_MS = 50;
const BODY = JSON.stringify({ model: "demo-gpt", messages: [{ role: "user", content: "hi" }] });
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

function ask() {
  const options = {
    agent,
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  };
  send(`${url}/v1/chat/completions`, options, (answer) => answer.resume())
    .on("error", () => {})
    .end(BODY);
}

/** Sends requests at an even pace until stopped; tells how many. */
function startLoad() {
  const begin = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - begin) / 1000) * Number(rate);
    for (; sent < due; sent += 1) ask();
  }, 10);
  return () => {
    clearInterval(timer);
    return Math.round(sent / ((performance.now() - begin) / 1000));
  };
}

/** Notes the length of every frame until read. */
async function watchFrames(page) {
  await page.evaluate(() => {
    const frames = [];
    let last = performance.now();
    let isOn = true;
    const step = (now) => {
      frames.push(now - last);
      last = now;
      if (isOn) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
    window.readFrames = () => {
      isOn = false;
      return frames.slice(1);
    };
  });
  return async () => {
    const frames = (await page.evaluate(() => window.readFrames())).sort((a, b) => a - b);
    const at = (share) => Math.round(frames[Math.floor((frames.length - 1) * share)]);
    return {
      frames: frames.length,
      median: at(0.5),
      p95: at(0.95),
      p99: at(0.99),
      longest: at(1),
      long: frames.filter((frame) => frame > LONG_MS).length,
    };
  };
}

async function loadRows(page) {
  const grid = page.locator('[role="grid"]');
  await grid.waitFor();
  const begin = performance.now();
  for (;;) {
    const height = await grid.evaluate((box) => {
      box.scrollTop = box.scrollHeight;
      return box.scrollHeight;
    });
    const count = Math.floor(height / 36);
    if (count >= Number(rows) || performance.now() - begin > 400_000)
      return { count, seconds: Math.round((performance.now() - begin) / 1000) };
    await page.waitForFunction(
      (before) => document.querySelector('[role="grid"]').scrollHeight > before,
      height,
      { timeout: 60_000 },
    );
  }
}

async function during(page, name, act) {
  const stop = startLoad();
  const read = await watchFrames(page);
  const end = performance.now() + Number(seconds) * 1000;
  while (performance.now() < end) await act();
  process.stdout.write(`${name}: ${JSON.stringify({ ...(await read()), rate: stop() })}\n`);
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
await page.goto(`${url}/login`);
await page.locator("input[type=password]").fill(password);
await page.keyboard.press("Enter");
await page.locator("nav").waitFor();
await page.goto(`${url}/requests`);
process.stdout.write(`loaded: ${JSON.stringify(await loadRows(page))}\n`);

const grid = page.locator('[role="grid"]');
await grid.evaluate((box) => box.scrollTo({ top: 0 }));
await during(page, "following", () => page.waitForTimeout(200));
await grid.hover();
await during(page, "scrolling", () => page.mouse.wheel(0, 600).then(() => page.waitForTimeout(40)));
await grid.evaluate((box) => box.scrollTo({ top: 0 }));
const field = page.locator('input[type="text"]').first();
await field.focus();
await during(page, "typing", () => page.keyboard.type("abc", { delay: 60 }));
const memory = await page.evaluate(() => performance.memory?.usedJSHeapSize ?? 0);
process.stdout.write(`heap: ${Math.round(memory / 1e6)} MB\n`);
await browser.close();
agent.destroy();
