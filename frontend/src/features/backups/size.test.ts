import { expect, test } from "vitest";
import { formatBytes } from "./size";

test("a size is told in the unit that reads best", () => {
  expect([0, 1023, 1024, 1536, 5 * 1024 ** 3].map(formatBytes)).toEqual([
    "0 B",
    "1,023 B",
    "1 KiB",
    "1.5 KiB",
    "5 GiB",
  ]);
});
