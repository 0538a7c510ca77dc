import { expect, test } from "vitest";
import type { OverviewQuery } from "../../graphql/generated/graphql";
import { findProblems } from "./problems";

const account = (id: string, status: string, statusReason: string | null = null) => ({
  id,
  label: id,
  status,
  statusReason,
});

function problems(more: object = {}, isDemo = false) {
  const sums = {
    engine: { state: "RUNNING", lastError: null },
    hour: { totals: { requests: 1000, failed: 49 } },
    month: { totals: { unpriced: 0 } },
    providers: [
      { kind: "CLAUDE", accounts: [account("home", "ACTIVE"), account("off", "DISABLED")] },
    ],
    quotas: [],
    ...more,
  } as unknown as OverviewQuery;
  return findProblems(sums, isDemo).map(({ tone, text, href }) => `${tone} ${text} ${href}`);
}

const hour = (requests: number, failed: number) => ({ hour: { totals: { requests, failed } } });

test("a healthy server has no problems", () => {
  expect(problems()).toEqual([]);
});

test("failed requests are a problem by their share, unless there are only a few", () => {
  const errors = "/requests?outcome=UPSTREAM_ERROR,INTERRUPTED";

  expect(problems(hour(1000, 50))).toEqual([
    `warn 5% of requests failed in the last hour (50 of 1,000) ${errors}`,
  ]);
  expect(problems(hour(45, 15))).toEqual([
    `bad 33% of requests failed in the last hour (15 of 45) ${errors}`,
  ]);
  expect(problems(hour(9, 9))).toEqual([]);
});

test("accounts that do not work come before warnings, with their provider", () => {
  const accounts = [account("busy", "COOLING"), account("dead", "FAILING", "HTTP 401")];

  expect(problems({ providers: [{ kind: "CLAUDE", accounts }] })).toEqual([
    "bad Claude account dead: Error /providers",
    "warn Claude account busy: Cooldown /providers",
  ]);
});

test("an engine that does not run, reached quotas and missing prices are problems", () => {
  const quota = {
    id: "q",
    metric: "REQUESTS",
    window: "LIFETIME",
    limit: 12,
    used: 12,
    usedPercent: 100,
    user: { id: "u1", name: "Ada" },
    apiKey: { id: "k1", name: "laptop" },
  };
  const all = {
    engine: { state: "FAILED", lastError: "exit code 1" },
    month: { totals: { unpriced: 72 } },
    quotas: [quota, { ...quota, id: "other", usedPercent: 99.9 }],
  };

  expect(problems(all)).toEqual([
    "bad Engine: Failed /engine",
    "warn Ada · laptop reached a quota: 12 / 12 requests, lifetime /users/u1/limits?key=k1",
    "warn 72 requests have no price this month /models/prices",
  ]);
  expect(problems({ month: { totals: { unpriced: 72 } } }, true)).toEqual([]);
});
