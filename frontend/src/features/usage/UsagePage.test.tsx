import { screen, waitFor } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import UsagePage from "../../pages/UsagePage";
import { type Answers, renderPage } from "../../test/render";
import type { PlotOptions } from "../../ui/chart/plot";

// jsdom has no canvas to draw on; the values of the drawing are also in the text beside it.
const plotted = vi.hoisted(() => ({ options: undefined as PlotOptions | undefined }));
vi.mock("../../ui/chart/plot", () => ({
  createPlot: (_: HTMLElement, options: PlotOptions) => {
    plotted.options = options;
    return { moveTo() {}, destroy() {} };
  },
}));

const totals = {
  requests: 1200,
  failed: 12,
  rejected: 3,
  cost: "12.345678901",
  unpriced: 7,
  assumed: 2,
  estimated: 0,
  unknown: 0,
  averageDurationMs: 1500,
  tokens: { input: 50, cacheRead: 50, cacheWrite: 0, output: 10, reasoning: 5, total: 115 },
};

const latency = {
  duration: { p50Ms: 900, p95Ms: 2500, p99Ms: 4000 },
  timeToFirstByte: { p95Ms: 300 },
};

function answers(asked: Record<string, unknown>[] = []): Answers {
  return {
    UsageSubjects: () => ({ data: { providers: [] } }),
    PickUsers: () => ({
      data: {
        users: {
          nodes: [{ id: "u1", name: "Ada", email: null }],
          pageInfo: { hasNextPage: false },
        },
      },
    }),
    PickedUser: () => ({ data: { user: { id: "u1", name: "Ada" } } }),
    PickedUserKeys: () => ({
      data: { user: { id: "u1", apiKeys: [{ id: "k1", name: "laptop", lastFour: "abcd" }] } },
    }),
    UsageFigures: (variables) => {
      asked.push(variables);
      return { data: { usage: { totals, previous: { totals }, latency } } };
    },
    UsageOverTime: () => ({
      data: {
        usage: {
          series: [
            { from: "2026-11-24T00:00:00Z", to: "2026-11-25T00:00:00Z", totals, slices: [] },
          ],
        },
      },
    }),
    UsageBreakdown: () => ({
      data: {
        usage: {
          totals,
          breakdown: [
            {
              key: "u1",
              label: "Ada",
              provider: null,
              user: { id: "u1" },
              totals,
              previous: { ...totals, tokens: { total: 100 } },
              latency,
            },
          ],
        },
      },
    }),
    UsageByHour: () => ({ data: { usage: { series: [] } } }),
    UsageReconciliation: () => ({
      data: {
        usageReconciliation: { matched: 99, mismatched: 1, wireOnly: 0, engineOnly: 0, unknown: 0 },
      },
    }),
  };
}

beforeEach(() => {
  plotted.options = undefined;
  window.history.replaceState(null, "", "/usage");
});

test("costs are exact, and requests without a price are said", async () => {
  renderPage(UsagePage, answers());

  expect((await screen.findAllByTitle("$12.345678901")).length).toBeGreaterThan(0);
  expect(screen.getByText("5 unpriced requests excluded")).toBeDefined();
  expect(screen.getByText("2 requests at an assumed price")).toBeDefined();
});

test("a filter reaches the server and is kept in the URL", async () => {
  const asked: Record<string, unknown>[] = [];
  renderPage(UsagePage, answers(asked));

  await userEvent.click(screen.getByRole("combobox", { name: "User" }));
  await userEvent.click(await screen.findByRole("option", { name: "Ada" }));

  await waitFor(() => expect(asked.at(-1)?.filter).toMatchObject({ userId: "u1" }));
  expect(window.location.search).toContain("user=u1");
});

test("a row sets its filter, whose chip removes it", async () => {
  const asked: Record<string, unknown>[] = [];
  renderPage(UsagePage, answers(asked));

  await userEvent.click(await screen.findByRole("button", { name: "Ada" }));
  await waitFor(() => expect(asked.at(-1)?.filter).toMatchObject({ userId: "u1" }));
  expect(window.location.search).toContain("user=u1");
  expect(window.location.search).toContain("parts=MODEL");

  await userEvent.click(await screen.findByRole("button", { name: "Remove filter User: Ada" }));
  await waitFor(() => expect(window.location.search).not.toContain("user=u1"));
});

test("a row shows its failures, percentiles and change", async () => {
  renderPage(UsagePage, answers());

  const row = (await screen.findByRole("button", { name: "Ada" })).closest("tr");
  for (const text of ["12", "3", "900 ms", "2.5 s", "4.0 s", "300 ms", "Up 15%"]) {
    expect(row?.textContent).toContain(text);
  }
});

test("a row opens into its parts by a second dimension", async () => {
  const asked: Record<string, unknown>[] = [];
  const part = { key: "gpt-5", label: "gpt-5", provider: null, totals };
  renderPage(UsagePage, {
    ...answers(),
    UsageParts: (variables) => {
      asked.push(variables);
      const parts = { slices: [part], other: { ...totals, requests: 77 }, otherCount: 3 };
      return { data: { usage: { breakdown: [{ key: "u1", parts }] } } };
    },
  });
  await screen.findByRole("button", { name: "Ada" });

  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Then by" }), "MODEL");
  const toggle = await screen.findByRole("button", { name: "Ada by Model" });
  expect(toggle.getAttribute("aria-expanded")).toBe("false");
  await userEvent.click(toggle);

  expect(await screen.findByTitle("gpt-5")).toBeDefined();
  expect(toggle.getAttribute("aria-expanded")).toBe("true");
  expect(asked).toMatchObject([{ by: "USER", second: "MODEL", keys: ["u1"] }]);
  const other = screen.getByTitle("3 others").closest("tr");
  expect(other?.textContent).toContain("77");

  await userEvent.click(screen.getByRole("button", { name: "Collapse all" }));
  expect(screen.queryByTitle("gpt-5")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Expand 1 row" }));
  expect(await screen.findByTitle("gpt-5")).toBeDefined();
  // Parts that were loaded are not asked for again.
  expect(asked).toHaveLength(1);
});

test("a bar selects its period, and Enter does the same as a click", async () => {
  window.history.replaceState(null, "", "/usage?range=LAST_7_DAYS&zone=UTC&bucket=DAY");
  const asked: Record<string, unknown>[] = [];
  renderPage(UsagePage, answers(asked));
  const chart = await screen.findByRole("img", { name: /Over time/ });
  expect(chart.getAttribute("aria-label")).toContain("show only the period of a bar");

  await waitFor(() => expect(plotted.options).toBeDefined());
  plotted.options?.onPoint(0);
  chart.focus();
  await userEvent.keyboard("{Enter}");

  await waitFor(() => expect(window.location.search).toContain("from=2026-11-24"));
  expect(window.location.search).toContain("to=2026-11-24");
  expect(asked.at(-1)?.range).toMatchObject({ from: "2026-11-24T00:00:00.000Z" });
});

test("a legend entry sets its filter", async () => {
  window.history.replaceState(null, "", "/usage?by=PROVIDER");
  const asked: Record<string, unknown>[] = [];
  const slices = [{ key: "claude", label: "Claude", provider: "CLAUDE", totals }];
  renderPage(UsagePage, {
    ...answers(asked),
    UsageOverTime: () => ({
      data: {
        usage: {
          series: [{ from: "2026-11-24T00:00:00Z", to: "2026-11-25T00:00:00Z", totals, slices }],
        },
      },
    }),
  });

  await userEvent.click(await screen.findByRole("button", { name: "Filter by Claude" }));

  await waitFor(() => expect(asked.at(-1)?.filter).toMatchObject({ provider: "CLAUDE" }));
});

test("an address brings its stretch of time back", async () => {
  window.history.replaceState(null, "", "/usage?from=2026-03-01&to=2026-03-02&zone=UTC");
  const asked: Record<string, unknown>[] = [];
  renderPage(UsagePage, answers(asked));

  await waitFor(() =>
    expect(asked.at(-1)).toMatchObject({
      range: { from: "2026-03-01T00:00:00.000Z", to: "2026-03-03T00:00:00.000Z" },
      zone: "UTC",
    }),
  );
});

test("a chart can be read as a table", async () => {
  renderPage(UsagePage, answers());
  await screen.findByRole("img", { name: /Over time/ });

  await userEvent.click(screen.getAllByRole("button", { name: "Table" })[0] as HTMLElement);

  expect(await screen.findByRole("table", { name: "Tokens: Over time" })).toBeDefined();
});

test("disagreement between the two books is said", async () => {
  renderPage(UsagePage, answers());

  expect(await screen.findByText(/99% verified/)).toBeDefined();
});
