import { screen } from "@solidjs/testing-library";
import { expect, test, vi } from "vitest";
import { renderPage } from "../../test/render";
import { ActiveUsers, createOverview, RunningOut, Vitals } from ".";

vi.mock("../../ui/chart/plot", () => ({ createPlot: () => ({ moveTo() {}, destroy() {} }) }));

const quota = {
  __typename: "Quota",
  id: "q1",
  metric: "TOKENS",
  window: "MONTH",
  limit: 1_000_000,
  used: 1_000_000,
  usedPercent: 100,
  resetsAt: null,
  user: { __typename: "User", id: "u1", name: "Ada" },
  apiKey: null,
};

const sums = {
  engine: { state: "RUNNING", version: "7", startedAt: null, restarts: 2, lastError: null },
  hour: { totals: { requests: 200, failed: 10 } },
  quarter: {
    breakdown: [{ key: "u1", label: "Ada", totals: { requests: 3, tokens: { total: 1500 } } }],
  },
  yesterday: { totals: { cost: "2" } },
  month: { totals: { cost: "30", unpriced: 4 } },
  lastMonth: { totals: { cost: "0" } },
  providers: [
    {
      kind: "CLAUDE",
      accounts: [
        {
          __typename: "ProviderAccount",
          id: "a1",
          label: "work",
          enabled: true,
          windows: [
            { name: "five_hour", usedPercent: 91, resetsAt: null },
            { name: "seven_day", usedPercent: 12, resetsAt: null },
          ],
        },
      ],
    },
  ],
  quotas: [quota],
};

const tick = {
  at: "2026-11-25T12:00:00Z",
  sinceLast: { requests: 1, tokens: { total: 2500 } },
  today: { cost: "3", unpriced: 0 },
};

function Everything() {
  const overview = createOverview();
  return (
    <>
      <Vitals overview={overview} />
      <ActiveUsers overview={overview} />
      <RunningOut overview={overview} />
    </>
  );
}

function renderOverview(more: object = {}) {
  renderPage(Everything, {
    Overview: () => ({ data: { ...sums, ...more } }),
    UsageTicked: () => ({ data: { usageTicked: tick } }),
  });
}

test("the four questions are answered", async () => {
  renderOverview();

  expect(await screen.findByText("Running")).toBeDefined();
  expect(screen.getByText("5% errors in the last hour")).toBeDefined();
  expect(screen.getByText("2.5K")).toBeDefined();
  expect(screen.getByText("$3.00")).toBeDefined();
  expect(screen.getByText("+50% vs $2.00 yesterday at this time")).toBeDefined();
  expect(screen.getByText("$30.00")).toBeDefined();
  expect(screen.getByText("No spend at this point last month")).toBeDefined();
  expect(screen.getByText("4 unpriced requests excluded")).toBeDefined();
});

test("tokens a minute are the sum of all ticks of the last minute", async () => {
  const at = (second: number) => `2026-11-25T12:00:${String(second).padStart(2, "0")}Z`;
  const ticks = [2, 4, 6].map((second) => ({ data: { usageTicked: { ...tick, at: at(second) } } }));
  renderPage(Everything, { Overview: () => ({ data: sums }), UsageTicked: () => ticks });

  expect(await screen.findByText("7.5K")).toBeDefined();
});

test("a quota that is used up says so", async () => {
  renderOverview();

  expect(await screen.findByText("Limit reached")).toBeDefined();
  expect(screen.getByText("1M / 1M tokens, monthly")).toBeDefined();
});

test("a quota for a lifetime says that it does not reset", async () => {
  renderOverview({ quotas: [{ ...quota, window: "LIFETIME" }] });

  expect(await screen.findByText("1M / 1M tokens, lifetime")).toBeDefined();
  expect(screen.getByText("Does not reset")).toBeDefined();
});

test("where there are no quotas, the next step is shown", async () => {
  renderOverview({ quotas: [] });

  expect(await screen.findByText("No quotas yet")).toBeDefined();
  expect(screen.getByRole("link", { name: "View users" }).getAttribute("href")).toBe("/users");
});

test("a subscription that is nearly used is among what runs out, and one that is not is left out", async () => {
  renderOverview();

  expect(await screen.findByRole("meter", { name: "work, five_hour" })).toBeDefined();
  expect(screen.queryByRole("meter", { name: "work, seven_day" })).toBeNull();
});
