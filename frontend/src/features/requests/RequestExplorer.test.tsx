import { fireEvent, screen, waitFor } from "@solidjs/testing-library";
import { beforeEach, expect, test } from "vitest";
import { type Answers, renderPage } from "../../test/render";
import { RequestExplorer } from "./RequestExplorer";

function request(id: string, more: object = {}) {
  return {
    __typename: "Request",
    id,
    startedAt: "2026-11-22T12:00:00Z",
    durationMs: 1500,
    timeToFirstByteMs: 300,
    model: `model-${id}`,
    servedModel: null,
    endpoint: "POST /v1/messages",
    protocol: "ANTHROPIC_MESSAGES",
    provider: "CLAUDE",
    clientIp: null,
    cost: null,
    unpriced: true,
    outcome: "COMPLETED",
    httpStatus: 200,
    errorCode: null,
    usageSource: "UNKNOWN",
    tokens: null,
    user: { __typename: "User", id: "u1", name: "Ada" },
    apiKey: { __typename: "ApiKey", id: "k1", name: "laptop" },
    account: null,
    ...more,
  };
}

const pages: Answers = {
  RequestPage: ({ after }) => ({
    data: {
      requests: {
        nodes: after ? [request("a")] : [request("c"), request("b")],
        pageInfo: { hasNextPage: !after, endCursor: after ? "at-a" : "at-b" },
      },
    },
  }),
};

beforeEach(() => window.history.replaceState(null, "", "/"));

function shownModels() {
  return screen.getAllByText(/^model-/).map((cell) => cell.textContent);
}

test("older requests are loaded as the reader comes near the end", async () => {
  renderPage(RequestExplorer, pages);
  await screen.findByText("model-c");

  fireEvent.scroll(screen.getByRole("grid"));

  expect(await screen.findByText("model-a")).toBeDefined();
  expect(shownModels()).toEqual(["model-c", "model-b", "model-a"]);
});

test("a request that arrives live is added at the top", async () => {
  renderPage(RequestExplorer, {
    ...pages,
    RequestFollowed: () => ({ data: { requestLogged: { cursor: "1", request: request("d") } } }),
  });

  await waitFor(() => expect(shownModels()).toEqual(["model-d", "model-c", "model-b"]));
});

test("requests that arrive while the user has scrolled down wait until they scroll back", async () => {
  window.history.replaceState(null, "", "/?request=c");
  renderPage(RequestExplorer, {
    ...pages,
    RequestFollowed: () => ({ data: { requestLogged: { cursor: "1", request: request("d") } } }),
  });

  expect(await screen.findByText("1 new request")).toBeDefined();
  expect(shownModels()).toEqual(["model-c", "model-b"]);
});

test("a model without a price costs no price, not nothing", async () => {
  renderPage(RequestExplorer, pages);
  await screen.findByText("model-c");

  expect(screen.getAllByText("No price")).toHaveLength(2);
});

test("the arrow keys and Enter open a request", async () => {
  const asked: unknown[] = [];
  renderPage(RequestExplorer, {
    ...pages,
    RequestDetail: ({ id }) => {
      asked.push(id);
      return { data: { request: null } };
    },
  });
  await screen.findByText("model-c");
  const grid = screen.getByRole("grid");

  fireEvent.keyDown(grid, { key: "ArrowDown" });
  fireEvent.keyDown(grid, { key: "ArrowDown" });
  fireEvent.keyDown(grid, { key: "Enter" });

  await waitFor(() => expect(new Set(asked)).toEqual(new Set(["b"])));
});

test("the filters in the address reach the server", async () => {
  window.history.replaceState(null, "", "/?outcome=REJECTED&provider=CLAUDE&model=gpt-5");
  const filters: unknown[] = [];
  renderPage(RequestExplorer, {
    ...pages,
    RequestPage: ({ filter }) => {
      filters.push(filter);
      return {
        data: { requests: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } } },
      };
    },
  });

  expect(await screen.findByText("No matching requests")).toBeDefined();
  expect(filters).toEqual([
    expect.objectContaining({ outcomes: ["REJECTED"], provider: "CLAUDE", model: "gpt-5" }),
  ]);
});

test("the filters for failures in the address reach the server and the chart", async () => {
  window.history.replaceState(
    null,
    "",
    "/?account=a1&status=5xx&code=x,y&endpoint=POST%20/v1/messages&min=1.5&max=oops&id=0193",
  );
  const filters: unknown[] = [];
  renderPage(RequestExplorer, {
    ...pages,
    FilterAccounts: () => ({
      data: {
        providers: [
          {
            __typename: "Provider",
            kind: "CLAUDE",
            displayName: "Claude",
            accounts: [{ __typename: "ProviderAccount", id: "a1", label: "team" }],
          },
        ],
      },
    }),
    RequestHistogram: ({ filter }) => {
      filters.push(filter);
      return { data: { requestHistogram: histogram } };
    },
  });

  expect(await screen.findByDisplayValue("Claude: team")).toBe(
    screen.getByRole("combobox", { name: "Account" }),
  );
  expect(filters[0]).toEqual(
    expect.objectContaining({
      accountId: "a1",
      httpStatus: "5xx",
      errorCodes: ["x", "y"],
      endpoint: "POST /v1/messages",
      minDurationMs: 1500,
      maxDurationMs: null,
      id: "0193",
    }),
  );
  expect(await screen.findByText("Last 24 hours")).toBeDefined();
  expect(screen.getByText("1 (25%)")).toBeDefined();
});

test("the chart can be read as a table", async () => {
  renderPage(RequestExplorer, {
    ...pages,
    RequestHistogram: () => ({ data: { requestHistogram: histogram } }),
  });

  fireEvent.click(await screen.findByRole("button", { name: "Table" }));

  const table = await screen.findByRole("table", { name: "Requests over time" });
  expect(table.textContent).toContain("Failed");
});

const histogram = {
  __typename: "RequestHistogram",
  from: "2026-11-22T12:00:00Z",
  to: "2026-11-22T14:00:00Z",
  intervalSeconds: 3600,
  complete: true,
  buckets: [
    {
      __typename: "RequestHistogramBucket",
      from: "2026-11-22T12:00:00Z",
      to: "2026-11-22T13:00:00Z",
      total: 3,
      failed: 1,
      rejected: 0,
    },
    {
      __typename: "RequestHistogramBucket",
      from: "2026-11-22T13:00:00Z",
      to: "2026-11-22T14:00:00Z",
      total: 1,
      failed: 0,
      rejected: 0,
    },
  ],
  totals: {
    __typename: "RequestTotals",
    total: 4,
    failed: 1,
    rejected: 0,
    tokens: 1200,
    cost: "0.5",
    unpriced: 0,
  },
};

const NOTHING = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0, total: 0 };

test("a rejected request shows no tokens, cost, timing or usage source", async () => {
  window.history.replaceState(null, "", "/?request=r");
  const rejected = request("r", {
    outcome: "REJECTED",
    httpStatus: 429,
    errorCode: "proxypal_quota_exceeded",
    errorMessage: null,
    rejectedBy: null,
    attempts: [],
    connectionId: null,
    usageSource: "WIRE",
    reconciliation: "WIRE_ONLY",
    tokens: NOTHING,
    cost: "0",
    unpriced: false,
    durationMs: 0,
    timeToFirstByteMs: 0,
    finishedAt: "2026-11-22T12:00:00Z",
    streamed: false,
    userAgent: null,
    price: null,
    apiKey: { __typename: "ApiKey", id: "k1", name: "laptop", lastFour: "abcd" },
  });
  renderPage(RequestExplorer, {
    ...pages,
    RequestPage: () => ({
      data: {
        requests: { nodes: [rejected], pageInfo: { hasNextPage: false, endCursor: null } },
      },
    }),
    RequestDetail: () => ({ data: { request: rejected } }),
  });

  const drawer = await screen.findByRole("dialog");
  await waitFor(() => expect(drawer.textContent).toContain("A quota was reached."));
  expect(drawer.textContent).not.toMatch(/Usage source|Timing|Tokens|\$0/);
  const dashes = screen.getAllByTitle("Did not reach a provider: no tokens, no cost");
  expect(dashes).toHaveLength(4);
});
