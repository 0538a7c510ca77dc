import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import PlaygroundPage from "../../pages/PlaygroundPage";
import { renderPage } from "../../test/render";

beforeEach(() => window.history.replaceState(null, "", "/playground?protocol=messages&model=m"));
afterEach(() => {
  vi.unstubAllGlobals();
});

const record = {
  __typename: "Request",
  id: "r1",
  outcome: "COMPLETED",
  durationMs: 900,
  timeToFirstByteMs: 100,
  cost: "0.001",
  unpriced: false,
  usageSource: "WIRE",
  tokens: { input: 4, cacheRead: 0, cacheWrite: 0, output: 38, reasoning: 0, total: 42 },
};

async function ask(answer: Response) {
  const fetch = vi.fn(async (_url: URL, _request: RequestInit) => answer);
  vi.stubGlobal("fetch", fetch);
  renderPage(PlaygroundPage, {
    PlaygroundModels: () => ({ data: { models: [] } }),
    PlaygroundRecord: () => ({ data: { request: record } }),
  });
  await userEvent.type(screen.getByLabelText("API key"), "sk-secret");
  await userEvent.type(screen.getByLabelText("Prompt"), "Hello");
  await userEvent.click(screen.getByRole("button", { name: "Send" }));
  return fetch;
}

test("a streamed answer is shown with its events and what was recorded", async () => {
  const stream =
    'event: content_block_delta\ndata: {"delta":{"text":"Good "}}\n\ndata: {"delta":{"text":"day"}}\n\n';
  const fetch = await ask(
    new Response(stream, {
      headers: { "content-type": "text/event-stream", "x-request-id": "r1" },
    }),
  );

  expect(await screen.findByText("Good day")).toBeDefined();
  expect(screen.getByText("2 events")).toBeDefined();
  expect(await screen.findByText("$0.001")).toBeDefined();
  expect(fetch.mock.calls[0]?.[0].pathname).toBe("/v1/messages");
  expect(fetch.mock.calls[0]?.[1]).toMatchObject({ credentials: "omit" });
});

test("a refusal is told in the server's own words", async () => {
  await ask(new Response('{"error":{"message":"quota exceeded"}}', { status: 429 }));

  expect(await screen.findByText("quota exceeded")).toBeDefined();
  expect(screen.getByText("Error 429:")).toBeDefined();
});

test("the key is kept nowhere but in its field", async () => {
  await ask(new Response('{"content":[{"text":"ok"}]}'));
  await screen.findByText("ok");

  expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain("sk-secret");
  expect(window.location.href).not.toContain("sk-secret");
});
