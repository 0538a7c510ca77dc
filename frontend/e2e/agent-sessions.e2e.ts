import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api, type Made } from "./api";
import { closeAll, newPage, openBrowser, openDialog, signedInPage } from "./browser";
import { PASSWORD, Server } from "./server";

const SESSION = "0199c0de-0000-7000-8000-000000000001";

let server: Server;
let browser: Browser;
let api: Api;
let ada: Made;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start({ password: PASSWORD }), openBrowser()]);
  api = await Api.open(server);
  ada = await api.createUser("Ada");
  const subAgent: Record<string, string> = { "x-claude-code-agent-id": "helper" };
  for (const headers of [{}, subAgent, {}]) expect(await sendAsClaudeCode(headers)).toBe(200);
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

async function sendAsClaudeCode(headers: Record<string, string>): Promise<number> {
  const answer = await fetch(`${server.url}/v1/messages`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${ada.secret}`,
      "content-type": "application/json",
      "user-agent": "claude-cli/2.1.332 (external, cli)",
      "x-claude-code-session-id": SESSION,
      ...headers,
    },
    body: JSON.stringify({
      model: "demo-claude",
      max_tokens: 16,
      messages: [{ role: "user", content: "Say hello." }],
    }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

test("the cost of a task is in the drawer of a request and on the page of its session", async () => {
  const page = await signedInPage(browser, server.url, "/agent-sessions");
  await page.getByRole("link", { name: "Claude Code 2.1.332" }).click();
  await page.getByRole("heading", { level: 1, name: "Claude Code 2.1.332" }).waitFor();
  await page.getByText(SESSION).waitFor();
  await page.getByRole("row", { name: /helper/ }).waitFor();
  await page
    .getByRole("row", { name: /demo-claude/ })
    .first()
    .waitFor();

  await page.getByRole("link", { name: "View requests" }).click();
  await page.getByRole("heading", { name: "3 requests" }).waitFor();
  await page
    .getByRole("row", { name: /demo-claude/ })
    .first()
    .click();
  const drawer = await openDialog(page, "Request");
  await drawer.getByText("Cost of the session").waitFor();
  await drawer.getByText("3 requests").waitFor();
  await drawer.getByRole("link", { name: "Claude Code" }).click();
  await page.getByRole("heading", { level: 1, name: "Claude Code 2.1.332" }).waitFor();
});

test("a user sees their own sessions on a phone, and no sideways scrolling", async () => {
  const page = await newPage(browser);
  await page.setViewportSize({ width: 360, height: 760 });
  await page.goto(`${server.url}/me/agent-sessions`);
  await page.getByLabel("API key").fill(ada.secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();

  await page.getByRole("link", { name: "Claude Code 2.1.332" }).click();
  await page.getByText(SESSION).waitFor();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(360);
  await page.getByRole("link", { name: "View requests" }).click();
  await page
    .getByRole("row", { name: /demo-claude/ })
    .first()
    .waitFor();
});
