import { expect, test } from "vitest";
import { hourlyRange, possibleBuckets, readRange, usualBucket } from "./range";

test("two dates are whole days by the clock of the place", () => {
  const search = { from: "2026-03-01", to: "2026-03-29" };

  // The clocks of Berlin change on the last of these days.
  expect(readRange(search, "Europe/Berlin")).toEqual({
    from: "2026-02-28T23:00:00.000Z",
    to: "2026-03-29T22:00:00.000Z",
  });
  expect(readRange(search, "Asia/Ho_Chi_Minh").from).toBe("2026-02-28T17:00:00.000Z");
});

test("invalid search parameters select the default range", () => {
  expect(readRange({ range: "SOON" }, "UTC")).toEqual({ preset: "LAST_30_DAYS" });
  expect(readRange({ from: "2026-13-01", to: "2026-01-01" }, "UTC")).toEqual({
    preset: "LAST_30_DAYS",
  });
  expect(readRange({ from: "2026-03-02", to: "2026-03-01" }, "UTC")).toEqual({
    preset: "LAST_30_DAYS",
  });
});

test("only bars that the server draws over that time are offered", () => {
  expect(possibleBuckets(1)).toEqual(["HOUR", "DAY", "WEEK", "MONTH"]);
  expect(possibleBuckets(90)).toEqual(["DAY", "WEEK", "MONTH"]);
  expect(possibleBuckets(2000)).toEqual(["MONTH"]);
  expect(possibleBuckets(2000)).toContain(usualBucket(2000));
});

test("the map of hours shows the end of a long time", () => {
  const range = { from: "2026-01-01T00:00:00.000Z", to: "2026-06-01T00:00:00.000Z" };

  expect(hourlyRange(range)).toEqual({
    isCut: true,
    range: { from: "2026-05-02T00:00:00.000Z", to: "2026-06-01T00:00:00.000Z" },
  });
  expect(hourlyRange({ preset: "TODAY" }).isCut).toBe(false);
});
