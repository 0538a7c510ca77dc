import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Api, type Made, request } from "./api";
import { closeAll, newPage, openBrowser, openDialog } from "./browser";
import { Server } from "./server";

let server: Server;
let browser: Browser;
let api: Api;
let ada: Made;

beforeAll(async () => {
  [server, browser] = await Promise.all([Server.start(), openBrowser()]);
  api = await Api.open(server);
  ada = await api.createUser("Ada", { quotas: [{ metric: "REQUESTS", limit: 4 }] });
  const other = await api.createUser("Somebody else");
  await request(server.url, ada.secret, "demo-claude");
  await request(server.url, other.secret, "demo-gemini");
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  await browser.close();
  await server.remove();
});

async function enter(path: string, secret = ada.secret) {
  const page = await newPage(browser);
  await page.goto(server.url + path);
  await page.getByLabel("API key").fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  return page;
}

test("an end user sees their own usage and limits with their key, and nothing else", async () => {
  const page = await enter("/me");

  await page.getByText("1 / 4 requests").waitFor();
  await page.getByRole("cell", { name: "demo-claude" }).waitFor();
  expect(await page.content()).not.toContain("demo-gemini");

  await page.getByRole("link", { name: "Requests" }).first().click();
  await page.getByRole("row", { name: /demo-claude/ }).waitFor();
  expect(await page.getByRole("row", { name: /demo-gemini/ }).count()).toBe(0);

  await page.goto(`${server.url}/users`);
  await page.getByRole("heading", { name: "Usage and limits" }).waitFor();
});

test("an end user opens a failed request and reads that the key is not at fault", async () => {
  const { secret } = await api.createUser("Grace");
  expect(await request(server.url, secret, "no-such-model")).toBe(400);
  const page = await enter("/me/requests", secret);

  await page.getByRole("link", { name: "no-such-model" }).first().click();

  const drawer = await openDialog(page, "Request");
  await drawer.getByText(/^Your key is fine\./).waitFor();
  expect(await drawer.textContent()).not.toContain("Account");
});

test("the snippets of an end user have their own key in them", async () => {
  const page = await enter("/me/connect");

  await page.getByRole("button", { name: "Codex CLI" }).click();

  await page.getByText(ada.secret).first().waitFor();
  await page.getByText(`${server.url}/v1`).first().waitFor();
});

test("a key that is revoked opens nothing any more", async () => {
  const page = await enter("/me");
  await page.getByText("1 / 4 requests").waitFor();

  await api.ask("mutation($id: ID!) { revokeApiKey(id: $id) { apiKey { id } } }", {
    id: ada.apiKeyId,
  });
  await page.getByRole("link", { name: "Requests" }).first().click();

  await page.getByText("Your session has ended").waitFor();
  await page.getByLabel("API key").fill(ada.secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("Key rejected").waitFor();
});
