import { screen, within } from "@solidjs/testing-library";
import { expect, test } from "vitest";
import { renderPage } from "../../test/render";
import AgentSessionsPage from "./AgentSessionsPage";

const tokens = { __typename: "Tokens", total: 1200 };

function session(change: object) {
  return {
    __typename: "AgentSession",
    id: "s1",
    name: "0199-task",
    agent: "CLAUDE_CODE",
    agentVersion: "2.1.332",
    startedAt: "2026-11-25T10:00:00Z",
    lastRequestAt: "2026-11-25T11:00:00Z",
    cacheHitPercent: 87.5,
    subAgentRequests: 4,
    user: { __typename: "User", id: "u1", name: "Ada" },
    totals: {
      __typename: "UsageTotals",
      requests: 12,
      failed: 1,
      rejected: 2,
      cost: "1.25",
      unpriced: 0,
      assumed: 0,
      tokens,
    },
    ...change,
  };
}

function renderSessions(nodes: object[]) {
  const pageInfo = { __typename: "PageInfo", hasNextPage: false, endCursor: null };
  renderPage(AgentSessionsPage, {
    AgentSessions: () => ({ data: { agentSessions: { nodes, pageInfo } } }),
  });
}

test("a row shows the agent, the user, the failures and the cost of a session, and leads to it", async () => {
  renderSessions([session({})]);

  const link = await screen.findByRole("link", { name: "Claude Code 2.1.332" });
  expect(link.getAttribute("href")).toBe("/agent-sessions/s1");
  const row = within(link.closest("tr") as HTMLElement);
  for (const text of ["0199-task", "Ada", "12", "4 by sub-agents", "3", "88%", "$1.25"])
    expect(row.getAllByText(text).length, text).toBeGreaterThan(0);
});

test("a session without an id is marked as a guess, and unknown cache use is not zero", async () => {
  renderSessions([session({ name: null, agent: "GEMINI_CLI", cacheHitPercent: null })]);

  const link = await screen.findByRole("link", { name: "Gemini CLI 2.1.332" });
  const row = within(link.closest("tr") as HTMLElement);
  expect(row.getByText("Guessed by time")).toBeDefined();
  expect(row.getByText("Unknown")).toBeDefined();
});

test("without sessions, the page explains where they come from", async () => {
  renderSessions([]);

  expect(await screen.findByText("No sessions yet")).toBeDefined();
  const link = screen.getByRole("link", { name: "Choose a user to connect" });
  expect(link.getAttribute("href")).toBe("/users");
});
