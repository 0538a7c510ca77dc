import { expect, test } from "vitest";
import { passwordFault } from "./password";

test("a password of eleven characters lacks one", () => {
  expect(passwordFault("elevenchars", "elevenchars")).toEqual({ kind: "short", missing: 1 });
});

test("two different passwords are detected", () => {
  expect(passwordFault("correct horse", "correct hose")).toEqual({ kind: "differs" });
});

test("twelve characters typed twice will do", () => {
  expect(passwordFault("twelve chars", "twelve chars")).toBeUndefined();
});
