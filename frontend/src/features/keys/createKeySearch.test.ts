import { expect, test } from "vitest";
import { filterOf, readDays } from "./createKeySearch";

test("a choice of keys becomes the filter of the server", () => {
  expect(filterOf("all")).toEqual({});
  expect(filterOf("revoked")).toEqual({ states: ["REVOKED"] });
  expect(filterOf("unused90")).toEqual({ states: ["ACTIVE"], unusedDays: 90 });
  expect(filterOf("expiring7")).toEqual({ expiresWithinDays: 7 });
});

test("an address may ask for any number of days that the server takes", () => {
  expect(readDays("unused45")).toEqual({ what: "unused", days: 45 });
  for (const wrong of ["unused", "unused0", "unused3651", "expiring-1", "expired7", "toString"]) {
    expect(readDays(wrong)).toBeUndefined();
    expect(filterOf(wrong)).toEqual({});
  }
});
