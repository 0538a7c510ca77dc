import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { Api, type Made, request } from "./api";
import { closeAll, openBrowser, openDialog, signedInPage } from "./browser";
import { Server } from "./server";

let server: Server;
let browser: Browser;
let api: Api;
let ada: Made;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), openBrowser()]);
  api = await Api.open(server);
  const quotas = [{ metric: "REQUESTS", limit: 1, window: "LIFETIME" }];
  ada = await api.createUser("Ada", { quotas });
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

/** Waits until so many requests are recorded, and with them their sums. */
async function recorded(count: number) {
  await vi.waitUntil(async () => {
    const { usage } = await api.ask(
      "{ usage(range: { preset: LAST_7_DAYS }) { totals { requests } } }",
    );
    return (usage as { totals: { requests: number } }).totals.requests >= count;
  });
}

test("the overview begins with what is wrong, and each problem leads to where it is solved", async () => {
  const { secret } = await api.createUser("Grace");
  const page = await signedInPage(browser, server.url);
  await page.getByText("No problems found").waitFor();

  for (let count = 0; count < 10; count += 1) {
    await request(server.url, secret, count < 6 ? "demo-gpt" : "no-such-model");
  }
  await request(server.url, ada.secret);
  await recorded(11);
  await page.reload();

  const problems = page.getByRole("region", { name: "2 problems need attention" });
  await problems.getByText(/of requests failed in the last 15 minutes \(4 of 11\)/).waitFor();
  await problems.getByText("Ada reached a quota: 1 / 1 request, lifetime").waitFor();
  expect(await page.getByText("No problems found").count()).toBe(0);
  await problems.getByRole("link", { name: "Edit quotas" }).click();
  await page.getByText("Does not reset").waitFor();
  // The router shows a page before it adds its address to the history.
  await page.waitForURL((url) => url.pathname !== "/");
  await page.goBack();
  await problems.getByRole("link", { name: "View errors" }).click();
  await page.getByRole("grid").getByText("no-such-model").first().waitFor();
});

test("a rejected request shows why, and no tokens, cost or timing", async () => {
  expect(await request(server.url, ada.secret, "demo-claude")).toBe(429);
  const page = await signedInPage(browser, server.url, "/requests?outcome=REJECTED");

  const row = page.getByRole("row", { name: /demo-claude/ });
  await row.waitFor();
  expect(await row.textContent()).not.toMatch(/\$/);
  await row.click();
  const drawer = await openDialog(page, "Request");
  await drawer.getByText("A quota was reached.").waitFor();
  await drawer.getByRole("meter", { name: "Request quota, lifetime" }).waitFor();
  expect(await drawer.textContent()).not.toMatch(/Usage source|Timing|Tokens/);
});

test("a failure leads from the chart and the filters to its reason, and on to its like", async () => {
  const { secret } = await api.createUser("Lin");
  expect(await request(server.url, secret, "no-such-model-of-lin")).toBe(400);
  const page = await signedInPage(browser, server.url, "/requests?status=4xx");

  await page.getByText("Last 24 hours").waitFor();
  await page.getByRole("img", { name: /^Requests over time/ }).waitFor();
  const row = page.getByRole("row", { name: /no-such-model-of-lin/ });
  await row.click();
  const drawer = await openDialog(page, "Request");
  await drawer.getByText("Error message that the client received").waitFor();
  await drawer.getByText(/unknown provider for model no-such-model-of-lin/).waitFor();

  await drawer.getByRole("link", { name: "POST /v1/chat/completions" }).click();
  await page.waitForURL(/endpoint=POST/);
  expect(await page.getByLabel("Endpoint").inputValue()).toBe("POST /v1/chat/completions");
  expect(await page.getByRole("dialog").count()).toBe(0);
});

test("a stopped playground request gets its record, and an error shows its body", async () => {
  const { secret } = await api.createUser("Player");
  const page = await signedInPage(browser, server.url, "/playground?model=demo-claude");
  await page.getByLabel("API key").fill(secret);
  await page.getByLabel("Prompt").fill("Write a long story about a gateway. ".repeat(40));
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByRole("button", { name: "Stop", exact: true }).click();

  await page.getByText(/^Stopped\./).waitFor();
  await page.getByRole("link", { name: "View request" }).waitFor();

  await page.getByLabel("API key").fill("sk-no-such-key");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const raw = page.getByRole("list", { name: "Raw response" });
  await raw.getByText(/"error"/).waitFor();
  await page.getByText("Not recorded: the key is unknown.").waitFor();
});

test("the bell counts alerts until they are acknowledged, and the history keeps those that ended", async () => {
  const page = await signedInPage(browser, server.url);
  await page.getByRole("link", { name: "Alerts: 2 not acknowledged" }).click();
  const quota = page.getByRole("listitem").filter({ hasText: "Ada reached a quota" });
  await quota.getByRole("button", { name: /^Acknowledge: Ada reached a quota/ }).click();
  await quota.getByText(/Acknowledged by admin/).waitFor();
  await page.getByRole("link", { name: "Alerts: 1 not acknowledged" }).waitFor();

  await api.ask(
    "mutation($id: ID!) { setQuotas(input: { userId: $id, quotas: [] }) { user { id } } }",
    { id: ada.userId },
  );
  await quota.getByText(/^Ended/).waitFor();
  await page.getByLabel("Type").selectOption("DISK_LOW");
  await page.getByText("No matching alerts").waitFor();
  await page.getByLabel("Type").selectOption("QUOTA_REACHED");
  await quota.getByText(/^Ended/).waitFor();
});
