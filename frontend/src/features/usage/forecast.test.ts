import { expect, test } from "vitest";
import { budgetPerDay, describeForecast, type MonthForecast } from "./forecast";

const NOW = new Date("2026-12-10T12:00:00Z");
const DECEMBER: MonthForecast = {
  from: "2026-12-01T00:00:00Z",
  to: "2027-01-01T00:00:00Z",
  spent: "100",
  days: 7,
  expected: "412",
  budget: "310",
  unlimitedUsers: 0,
  budgetReachedOn: "2026-12-22T00:00:00Z",
};

test("a budget that was reached differs from one that will be", () => {
  const of = (change: Partial<MonthForecast>) => describeForecast({ ...DECEMBER, ...change }, NOW);

  expect(of({})).toMatchObject({ budget: "expected", isOver: true });
  expect(of({ budget: "90", budgetReachedOn: "2026-12-08T00:00:00Z" })).toMatchObject({
    budget: "reached",
    isOver: true,
  });
  // Reached today, later.
  expect(of({ budgetReachedOn: "2026-12-10T00:00:00Z" }).budget).toBe("expected");
  expect(of({ budgetReachedOn: null })).toMatchObject({ budget: "within", isOver: false });
  expect(of({ budgetReachedOn: null, expected: null })).toMatchObject({ budget: "unknown" });
  expect(of({}).lastDay).toBe("2026-12-31T23:59:59.999Z");
});

test("the budget of a day is an even part of the month's", () => {
  expect(budgetPerDay(DECEMBER)).toBe(10);
  expect(budgetPerDay({ ...DECEMBER, budget: null })).toBeUndefined();
});
