import { screen } from "@solidjs/testing-library";
import { expect, test, vi } from "vitest";
import { makeAlert } from "../../test/alerts";
import { renderPage } from "../../test/render";
import { ActiveUsers, Attention, createOverview, RunningOut, Vitals } from ".";

vi.mock("../../session/SessionProvider", () => ({
  useSession: () => ({ connection: () => "open" }),
}));
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
  month: { totals: { cost: "30", unpriced: 4, assumed: 0 } },
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
  today: { cost: "3", unpriced: 0, assumed: 0 },
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

test("an exhausted quota is shown as such", async () => {
  renderOverview();

  expect(await screen.findByText("Limit reached")).toBeDefined();
  expect(screen.getByText("1M / 1M tokens, monthly")).toBeDefined();
});

test("a lifetime quota is shown as never resetting", async () => {
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

  expect(await screen.findByRole("meter", { name: "work, 5 hours" })).toBeDefined();
  expect(screen.queryByRole("meter", { name: "work, seven_day" })).toBeNull();
});

const evaluated = {
  verdict: "HEALTHY",
  evaluatedAt: "2026-11-25T12:00:00Z",
  openAlerts: 0,
  unacknowledgedAlerts: 0,
  recentRequests: 200,
  recentFailed: 10,
  isFailing: false,
  accounts: { enabled: 2, unverified: 0 },
};

function Verdict() {
  const overview = createOverview();
  return (
    <>
      <Attention overview={overview} />
      <Vitals overview={overview} />
    </>
  );
}

function renderVerdict(health: object, alerts: readonly ReturnType<typeof makeAlert>[] = []) {
  const of = (severity: string) => ({
    nodes: alerts.filter((each) => each.severity === severity),
  });
  renderPage(Verdict, {
    Overview: () => ({ data: sums }),
    OverviewHealth: () => ({
      data: {
        health: { ...evaluated, ...health },
        critical: of("CRITICAL"),
        warnings: of("WARNING"),
        errorRate: { nodes: alerts.filter(({ kind }) => kind === "ERROR_RATE") },
      },
    }),
    UsageTicked: () => ({ data: { usageTicked: tick } }),
  });
}

/** The light beside the state of the engine. */
const light = async () => (await screen.findByText("Running")).closest("a")?.querySelector("span");

test("a healthy server has no problems, and unused accounts are not said to work", async () => {
  renderVerdict({ accounts: { enabled: 2, unverified: 1 } });

  expect(await screen.findByText("No problems found")).toBeDefined();
  expect(screen.getByText(/1 account was never used or checked/)).toBeDefined();
  expect(screen.queryByText(/accounts work/)).toBeNull();
  expect((await light())?.className).toContain("bg-ok");
});

test("the verdict counts open alerts, the critical ones first", async () => {
  const quota = makeAlert({ id: "w", kind: "BACKUP_FAILED" });
  const engine = makeAlert({ id: "c", kind: "RECORDING_FAILING", severity: "CRITICAL" });
  const open = { verdict: "CRITICAL", openAlerts: 9, unacknowledgedAlerts: 1 };
  renderVerdict(open, [quota, engine]);

  const region = await screen.findByRole("region", { name: "9 problems need attention" });
  const items = [...region.querySelectorAll("li")].map((item) => item.textContent);
  expect(items[0]).toMatch(/^Requests cannot be recorded/);
  expect(items[1]).toMatch(/^Scheduled backups fail/);
  expect(items[2]).toBe("7 more problems");
});

test("acknowledged problems remain in view", async () => {
  const open = { verdict: "WARNING", openAlerts: 1, unacknowledgedAlerts: 0 };
  renderVerdict(open, [makeAlert({ acknowledgedAt: "2026-11-25T12:00:00Z" })]);

  expect(await screen.findByRole("region", { name: /1 acknowledged problem/ })).toBeDefined();
});

test("nothing is green while requests fail, few or many", async () => {
  renderVerdict({ verdict: "UNCERTAIN", recentRequests: 2, recentFailed: 1, isFailing: true });

  expect(await screen.findByText("1 of 2 requests failed in the last hour")).toBeDefined();
  expect(screen.queryByText("No problems found")).toBeNull();
  expect((await light())?.className).toContain("bg-warn");
});

test("the engine is not green while the error rate is critical", async () => {
  const errors = makeAlert({ kind: "ERROR_RATE", severity: "CRITICAL" });
  renderVerdict({ verdict: "CRITICAL", openAlerts: 1, unacknowledgedAlerts: 1 }, [errors]);

  await screen.findByRole("region", { name: "1 problem needs attention" });
  expect((await light())?.className).toContain("bg-bad");
});

test("without an evaluation the state is unknown", async () => {
  renderVerdict({ verdict: "UNCERTAIN", evaluatedAt: null });

  expect(await screen.findByText("State unknown")).toBeDefined();
  expect(screen.queryByText("No problems found")).toBeNull();
});
