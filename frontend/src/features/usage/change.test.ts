import { expect, test } from "vitest";
import { describeChange } from "./change";

test("a change is described, also if there was no earlier usage", () => {
  expect(describeChange(150, 100)).toBe("Up 50%");
  expect(describeChange(50, 100)).toBe("Down 50%");
  expect(describeChange(5, 0)).toBe("New");
  expect(describeChange(0, 0)).toBe("No change");
});
