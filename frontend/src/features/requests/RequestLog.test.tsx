import { screen, waitFor } from "@solidjs/testing-library";
import { expect, test } from "vitest";
import { renderPage } from "../../test/render";
import { mergeRows } from "./createLiveRequests";
import { RequestLog } from "./RequestLog";

const request = {
  __typename: "Request",
  id: "r1",
  startedAt: "2026-11-22T12:00:00Z",
  durationMs: 1500,
  timeToFirstByteMs: null,
  model: "claude-sonnet-4-5",
  servedModel: null,
  endpoint: "/v1/messages",
  outcome: "UPSTREAM_ERROR",
  httpStatus: 529,
  errorCode: "overloaded_error",
  usageSource: "UNKNOWN",
  tokens: null,
  user: { __typename: "User", id: "u1", name: "Ada" },
};

function renderLog(nodes: unknown[], live?: unknown) {
  renderPage(() => <RequestLog filter={{}} first={5} live empty={<p>Nothing yet</p>} />, {
    Requests: () => ({
      data: { requests: { nodes, pageInfo: { hasNextPage: false, endCursor: null } } },
    }),
    ...(live
      ? { RequestLogged: () => ({ data: { requestLogged: { cursor: "c", request: live } } }) }
      : {}),
  });
}

test("unknown token counts are shown as unknown, never as zero", async () => {
  renderLog([request]);

  const cells = await screen.findAllByRole("cell");

  const counts = cells.slice(4, 8).map((cell) => cell.textContent);
  expect(counts).toEqual(["–Unknown", "–Unknown", "–Unknown", "–Unknown"]);
});

test("known zeros are shown as zero", async () => {
  const tokens = { input: 1200, cacheRead: 30, cacheWrite: 4, output: 5, reasoning: 0 };
  renderLog([{ ...request, usageSource: "WIRE", tokens }]);

  const cells = await screen.findAllByRole("cell");

  const counts = cells.slice(4, 8).map((cell) => cell.textContent);
  expect(counts).toEqual(["1,200", "34", "5", "0"]);
});

test("a request that arrives live stands above the stored ones", async () => {
  renderLog([request], { ...request, id: "r2", model: "gpt-5" });

  const titles = () => screen.getAllByRole("row").map((row) => row.title);

  await waitFor(() => expect(titles().slice(1)).toEqual(["Request r2", "Request r1"]));
});

test("a request that is both live and stored is shown once", () => {
  expect(mergeRows([{ id: "2" }], [{ id: "2" }, { id: "1" }])).toEqual([{ id: "2" }, { id: "1" }]);
});

test("an empty log explains what to do", async () => {
  renderLog([]);

  expect(await screen.findByText("Nothing yet")).toBeDefined();
});
