import { expect, test } from "vitest";
import { passwordFault } from "./password";

test("a password of eleven characters lacks one", () => {
  expect(passwordFault("elevenchars", "elevenchars")).toBe("Too short: 1 more character.");
});

test("two different passwords are told apart", () => {
  expect(passwordFault("correct horse", "correct hose")).toContain("differ");
});

test("twelve characters typed twice will do", () => {
  expect(passwordFault("twelve chars", "twelve chars")).toBeUndefined();
});
