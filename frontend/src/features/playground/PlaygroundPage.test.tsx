import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import type { FormattedExecutionResult } from "graphql";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeSubject } from "wonka";
import PlaygroundPage from "../../pages/PlaygroundPage";
import { type Answers, renderPage } from "../../test/render";

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
  apiKey: { __typename: "ApiKey", id: "k1", lastFour: "cret" },
  tokens: { input: 4, cacheRead: 0, cacheWrite: 0, output: 38, reasoning: 0, total: 42 },
};

async function ask(answer: Response | Promise<Response>, answers: Answers = {}) {
  const fetch = vi.fn(async (_url: URL, { signal }: RequestInit) => {
    const stopped = new Promise<never>((_, reject) => {
      signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    });
    return Promise.race([answer, stopped]);
  });
  vi.stubGlobal("fetch", fetch);
  renderPage(PlaygroundPage, {
    PlaygroundModels: () => ({ data: { models: [] } }),
    PlaygroundRecord: () => ({ data: { request: record } }),
    ...answers,
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

test("an error shows the provider's message and the raw body", async () => {
  const body = '{"error":{"message":"quota exceeded","type":"insufficient_quota"}}';
  await ask(new Response(body, { status: 429 }));

  expect(await screen.findByText("quota exceeded")).toBeDefined();
  expect(screen.getByText("Error 429:")).toBeDefined();
  expect(screen.getByText(body)).toBeDefined();
});

test("a request that was stopped before its first byte finds its record by key and model", async () => {
  const other = { ...record, id: "r0", apiKey: { ...record.apiKey, lastFour: "0000" }, cost: "9" };
  const filters: unknown[] = [];
  const logged = makeSubject<FormattedExecutionResult>();
  await ask(new Promise(() => {}), {
    PlaygroundLogged: ({ filter }) => {
      filters.push(filter);
      return logged.source;
    },
  });

  await userEvent.click(screen.getByRole("button", { name: "Stop" }));
  await screen.findByText(/^Stopped/);
  for (const request of [other, record])
    logged.next({ data: { requestLogged: { cursor: request.id, request } } });

  expect(await screen.findByText("$0.001")).toBeDefined();
  expect(screen.queryByText("$9")).toBeNull();
  expect(filters).toEqual([{ model: "m" }]);
});

test("the key is kept nowhere but in its field", async () => {
  await ask(new Response('{"content":[{"text":"ok"}]}'));
  await screen.findByText("ok");

  expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain("sk-secret");
  expect(window.location.href).not.toContain("sk-secret");
});
