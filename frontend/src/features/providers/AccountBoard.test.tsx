import { render, screen, waitFor, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { type Answers, renderPage } from "../../test/render";
import { Toaster } from "../../ui/Toaster";
import { ProviderList } from "./ProviderList";

const account = {
  __typename: "ProviderAccount",
  id: "a1",
  kind: "CLAUDE",
  label: "work",
  credential: "API_KEY",
  lastFour: "abcd",
  email: null,
  plan: "max",
  baseUrl: null,
  prefix: "team",
  priority: 5,
  weight: 1,
  headerNames: [],
  groups: [],
  enabled: true,
  status: "COOLING",
  statusReason: "Claude said 429: try again later",
  coolingUntil: new Date(Date.now() + 600_000).toISOString(),
  problem: null,
  problemAt: null,
  lastError: null as {
    __typename: string;
    message: string | null;
    status: number;
    at: string;
  } | null,
  pausedAt: null,
  maxConcurrentRequests: null as number | null,
  unavailability: null as {
    __typename: string;
    reason: string;
    window: string | null;
    until: string | null;
  } | null,
  engineProcess: null,
  day: {
    __typename: "AccountTraffic",
    requests: 4,
    failed: 1,
    errorRate: 0.25,
    p95DurationMs: 2400,
    cost: "1.25",
    unpriced: 0,
    assumed: 0,
  },
  week: {
    __typename: "AccountTraffic",
    requests: 1204,
    failed: 0,
    errorRate: 0,
    p95DurationMs: null,
    cost: "30",
    unpriced: 2,
    assumed: 0,
  },
  expiresAt: null,
  lastUsedAt: null,
  windows: [
    {
      __typename: "SubscriptionWindow",
      name: "five_hour",
      stopAtPercent: null as number | null,
      usedPercent: 42,
      resetsAt: new Date(Date.now() + 3_600_000).toISOString(),
      estimate: null as object | null,
    },
  ],
  windowsReportedAt: new Date().toISOString(),
  models: [],
};

function renderBoard(answers: Answers = {}, shown = account) {
  const provider = {
    __typename: "Provider",
    kind: "CLAUDE",
    displayName: "Claude",
    accounts: [shown],
  };
  renderPage(() => <ProviderList />, {
    Providers: () => ({ data: { providers: [provider] } }),
    PendingProviderLogins: () => ({ data: { pendingProviderLogins: [] } }),
    ...answers,
  });
}

test("an account in cooldown shows for how long, why, and its special settings", async () => {
  renderBoard();

  const [row] = await screen.findAllByRole("listitem");
  if (!row) throw new Error("no account");
  expect(row.textContent).toMatch(/Cooldown(10:00|9:5\d)/);
  expect(row.textContent).toContain("Claude said 429");
  expect(row.textContent).toContain("priority 5");
  expect(row.textContent).toContain("model prefix team/");
  expect(screen.getByText("0 of 1 active")).toBeDefined();
  const meter = screen.getByRole("meter", { name: "5 hours" });
  expect(meter.getAttribute("aria-valuetext")).toBe("42% used");
});

const estimated = {
  ...account,
  windows: account.windows.map((window) => ({
    ...window,
    estimate: {
      __typename: "WindowEstimate",
      level: 61.7,
      outsidePercent: 12.2,
      forecast: {
        __typename: "WindowForecast",
        probability: 0.3,
        earliest: new Date().toISOString(),
        likely: null,
        latest: null,
        lowestLevel: 70.4,
        highestLevel: 100,
        withheldBecause: null,
      },
    },
  })),
};

test("a window shows its level between readings, use elsewhere, and the forecast", async () => {
  renderBoard({}, estimated);

  const meter = await screen.findByRole("meter", { name: "5 hours" });
  expect(meter.getAttribute("aria-valuetext")).toBe(
    "62% used, 12% of it outside of this server, expected at the reset: 70% to 100%",
  );
  expect(screen.getByText("May be used up before the reset, 3 in 10")).toBeDefined();
});

test("the history of a window has the parts of users and what one percent buys", async () => {
  const user = userEvent.setup();
  const resetsAt = new Date(Date.now() - 3_600_000).toISOString();
  renderBoard(
    {
      WindowHistory: () => ({
        data: {
          windowHistory: [
            {
              __typename: "WindowHistory",
              name: "five_hour",
              readings: [
                {
                  __typename: "WindowReading",
                  observedAt: new Date(Date.now() - 7_200_000).toISOString(),
                  usedPercent: 80,
                  resetsAt,
                },
              ],
            },
          ],
          accountWindows: [
            {
              __typename: "SubscriptionWindow",
              name: "five_hour",
              estimate: {
                __typename: "WindowEstimate",
                outsidePercent: 10,
                unitsPerPercent: 0.66,
              },
              usedBy: [
                {
                  __typename: "WindowPart",
                  user: { __typename: "User", id: "u1", name: "ada" },
                  units: 20,
                  percent: 30,
                },
                {
                  __typename: "WindowPart",
                  user: { __typename: "User", id: "u2", name: "bob" },
                  units: 10,
                  percent: 15,
                },
              ],
              cycles: [
                {
                  __typename: "WindowCycle",
                  endedAt: resetsAt,
                  outsidePercent: 5,
                  unitsPerPercent: 0.5,
                },
              ],
            },
          ],
        },
      }),
    },
    estimated,
  );

  await user.click(await screen.findByRole("button", { name: "Usage windows of work over time" }));

  expect(
    await screen.findByRole("img", {
      name: "Used by: ada 30%, bob 15%, Outside of this server 10%",
    }),
  ).toBeDefined();
  expect(screen.getByText("One percent is worth about $0.66 at API list prices.")).toBeDefined();
  const cycle = screen.getByRole("row", { name: /80%/ });
  expect(cycle.textContent).toContain("5%$0.50");
});

test("an account shows the requests of a day and a week, with a link to them", async () => {
  renderBoard();

  const [row] = await screen.findAllByRole("listitem");
  expect(row?.textContent).toContain("24 h4 requests25% failedp95 2.4 s$1.25");
  expect(row?.textContent).toContain("7 days1,204 requests$30.00");
  expect(screen.getByTitle("$30, 2 unpriced requests excluded")).toBeDefined();
  const link = screen.getByRole("link", { name: "View requests of work" });
  expect(link.getAttribute("href")).toBe("/requests?account=a1");
});

test("an account is checked at its provider, and the outcome is shown", async () => {
  const user = userEvent.setup();
  const asked: unknown[] = [];
  render(() => <Toaster label="Messages" />);
  renderBoard({
    CheckProviderHealth: ({ accountId }) => {
      asked.push(accountId);
      const failing = { ...account, status: "FAILING", statusReason: "refused" };
      const result = {
        __typename: "AccountHealth",
        healthy: false,
        error: "the provider refused the credential (HTTP 401)",
        account: failing,
      };
      return { data: { checkProviderHealth: { results: [result] } } };
    },
  });

  await user.click(await screen.findByRole("button", { name: `Actions for ${account.label}` }));
  await user.click(await screen.findByRole("menuitem", { name: "Check status" }));

  expect(await screen.findByText(/refused the credential \(HTTP 401\)/)).toBeDefined();
  expect(asked).toEqual([account.id]);
});

test("a cooldown can be ended, and the engine uses the account again immediately", async () => {
  const user = userEvent.setup();
  const asked: unknown[] = [];
  renderBoard({
    ResetProviderCooldown: ({ id }) => {
      asked.push(id);
      return { data: { resetProviderCooldown: { account: { ...account, status: "ACTIVE" } } } };
    },
  });

  await user.click(await screen.findByRole("button", { name: "Actions for work" }));
  await user.click(await screen.findByRole("menuitem", { name: "Clear cooldown" }));

  await waitFor(() => expect(asked).toEqual(["a1"]));
});

const paused = {
  ...account,
  status: "PAUSED",
  statusReason: "the provider repeatedly rejected the API key (HTTP 401)",
  coolingUntil: null as unknown as string,
  lastError: {
    __typename: "AccountError",
    message: "Incorrect API key provided: [redacted]",
    status: 401,
    at: new Date(Date.now() - 3 * 3_600_000).toISOString(),
  },
};

test("a paused account shows why, the provider's last message, and is resumed", async () => {
  const user = userEvent.setup();
  const resumed: unknown[] = [];
  renderBoard(
    {
      ResumeProviderAccount: ({ id }) => {
        resumed.push(id);
        return { data: { resumeProviderAccount: { account: { ...account, status: "ACTIVE" } } } };
      },
    },
    paused,
  );

  const [row] = await screen.findAllByRole("listitem");
  expect(row?.textContent).toContain("Paused");
  expect(row?.textContent).toContain(
    "repeatedly rejected the API key (HTTP 401), so the account is no longer",
  );
  expect(row?.textContent).toMatch(
    /Last error 3 hours ago: HTTP 401 · Incorrect API key provided: \[redacted\]/,
  );
  await user.click(screen.getByRole("button", { name: "Resume: work" }));

  await waitFor(() => expect(resumed).toEqual(["a1"]));
});

test("an account is tested with a model after its cost is stated, and the failure is shown", async () => {
  const user = userEvent.setup();
  const sent: unknown[] = [];
  renderBoard({
    ModelsToTest: () => {
      const model = { __typename: "Model", name: "claude-opus", aliasOf: null };
      return { data: { models: [{ ...model, providers: ["CLAUDE"] }] } };
    },
    TestProviderAccount: (variables) => {
      sent.push(variables);
      const failed = { succeeded: false, status: 404, latencyMs: 1234, message: "no such model" };
      return { data: { testProviderAccount: { ...failed, account } } };
    },
  });

  await user.click(await screen.findByRole("button", { name: "Actions for work" }));
  await user.click(await screen.findByRole("menuitem", { name: "Test with a model…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Test work" }));
  expect(dialog.getByText(/The provider bills it; no user is charged/)).toBeDefined();
  await user.type(dialog.getByLabelText("Model"), "claude-opus");
  await user.click(dialog.getByRole("button", { name: "Send test request" }));

  const alert = await dialog.findByRole("alert");
  expect(alert.textContent).toBe("claude-opus failed after 1.2 s: HTTP 404.no such model");
  expect(sent).toEqual([{ id: "a1", model: "claude-opus" }]);
});

test("models that a provider lists for a key are chosen with check boxes", async () => {
  const user = userEvent.setup();
  const fetched: unknown[] = [];
  renderBoard({
    FetchModels: ({ input }) => {
      fetched.push(input);
      return { data: { fetchModels: { models: ["big", "huge", "small"], hasMore: false } } };
    },
  });
  await user.click(await screen.findByRole("button", { name: "Add API key for Claude" }));
  await user.click(await screen.findByText("Advanced"));
  const models = await screen.findByLabelText<HTMLTextAreaElement>("Models");
  const fetchButton = screen.getByRole("button", { name: "Fetch models" });

  await user.click(fetchButton);
  expect(await screen.findByText("Enter the API key first.")).toBeDefined();
  await user.type(screen.getByLabelText("API key"), "sk-one");
  await user.type(models, "fast = small{Enter}typed");
  await user.click(fetchButton);

  expect(await screen.findByText("3 models found")).toBeDefined();
  expect(fetched).toEqual([{ kind: "CLAUDE", apiKey: "sk-one", baseUrl: null, headers: null }]);
  expect(screen.getByRole<HTMLInputElement>("checkbox", { name: "small" }).checked).toBe(true);
  await user.click(screen.getByRole("checkbox", { name: "small" }));
  await user.type(screen.getByLabelText("Filter models"), "g");
  await user.click(screen.getByRole("button", { name: "Select all" }));
  expect(models.value).toBe("typed\nbig\nhuge");
});

test("an account is removed only after its name was typed", async () => {
  const user = userEvent.setup();
  const removed: unknown[] = [];
  renderBoard({
    RemoveProviderAccount: ({ id }) => {
      removed.push(id);
      return { data: { removeProviderAccount: { account } } };
    },
  });

  await user.click(await screen.findByRole("button", { name: "Actions for work" }));
  await user.click(await screen.findByRole("menuitem", { name: "Remove…" }));
  const dialog = within(await screen.findByRole("dialog"));
  const remove = dialog.getByRole<HTMLButtonElement>("button", { name: "Remove account" });
  expect(remove.disabled).toBe(true);
  await user.type(dialog.getByLabelText(/Type “work”/), "work");
  await user.click(remove);

  expect(removed).toEqual(["a1"]);
});

test("each rejected key of many shows its reason, and stays in the form for correction", async () => {
  const user = userEvent.setup();
  renderBoard({
    AddProviderApiKeys: ({ input }) => {
      expect(input).toMatchObject({ apiKeys: ["sk-one", "sk-two"] });
      const results = [
        { __typename: "AddedApiKey", account, problem: null },
        { __typename: "AddedApiKey", account: null, problem: "exists already" },
      ];
      return { data: { addProviderApiKeys: { results } } };
    },
  });

  await user.click(await screen.findByRole("button", { name: "Add API key for Claude" }));
  await user.click(await screen.findByRole("button", { name: "Bulk add" }));
  const keys = await screen.findByLabelText<HTMLTextAreaElement>("API keys");
  await user.type(keys, "sk-one{Enter}sk-two");
  await user.click(screen.getByRole("button", { name: "Add accounts" }));

  expect((await screen.findByRole("alert")).textContent).toBe("Key 2: exists already");
  expect(keys.value).toBe("sk-one\nsk-two");
});

test("an account is stopped at a percentage of a window, and only what changed is sent", async () => {
  const user = userEvent.setup();
  const sent: unknown[] = [];
  renderBoard({
    SetStopLine: (variables) => {
      sent.push(variables);
      return { data: { setStopLine: { account } } };
    },
  });

  await user.click(await screen.findByRole("button", { name: "Actions for work" }));
  await user.click(await screen.findByRole("menuitem", { name: "Limit use…" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.type(dialog.getByLabelText("Stop line, 5 hours (%)"), "80");
  await user.click(dialog.getByRole("button", { name: "Save" }));

  await waitFor(() => expect(sent).toEqual([{ id: "a1", window: "five_hour", percent: 80 }]));
});

test("a stopped account shows its line and when it is used again", async () => {
  const until = new Date(Date.now() + 2 * 3_600_000).toISOString();
  const [window] = account.windows;
  renderBoard(
    {},
    {
      ...account,
      windows: window ? [{ ...window, stopAtPercent: 80 }] : [],
      unavailability: {
        __typename: "AccountUnavailability",
        reason: "STOPPED",
        window: "five_hour",
        until,
      },
    },
  );

  const [row] = await screen.findAllByRole("listitem");
  expect(row?.textContent).toContain("Stops at 80%");
  expect(row?.textContent).toMatch(/Stopped, resets in [12] hours?/);
});
