import { expect, test } from "vitest";
import { readAmount } from "./amount";

test.for([
  ["1000000", "1000000"],
  ["1,000,000", "1000000"],
  ["1.000.000", "1000000"],
  ["1 000 000", "1000000"],
  ["1M", "1000000"],
  ["1.5 million", "1500000"],
  ["1,5M", "1500000"],
  ["250k", "250000"],
  ["$12.50", "12.5"],
  ["0.000000001", "0.000000001"],
  ["1.234", "1.234"],
  ["007", "7"],
])("%s is read as %s", ([typed, read]) => {
  expect(readAmount(typed ?? "", "en")).toBe(read);
});

test("the marks follow the language where they could mean two things", () => {
  expect(readAmount("1.234", "vi")).toBe("1234");
  expect(readAmount("1,5 triệu", "vi")).toBe("1500000");
});

test.for(["", "many", "-5", "1..2", "1 lakh"])("%s is no amount", (typed) => {
  expect(readAmount(typed, "en")).toBeUndefined();
});
