import { expect, test } from "vitest";
import { describeAccess } from "./describeAccess";

test("names the groups and where they are set", () => {
  const groups = [{ name: "Team" }, { name: "Spare" }];

  expect(describeAccess({ source: "USER", groups })).toBe("Team, Spare (set for the user)");
  expect(describeAccess({ source: "DEFAULT_GROUP", groups })).toBe("Team, Spare (default)");
  expect(describeAccess({ source: "UNGROUPED", groups: [] })).toBe("Accounts that are in no group");
});

test("names no group after all groups were deleted", () => {
  expect(describeAccess({ source: "USER", groups: [] })).toBe(
    "None: all of the groups were deleted",
  );
});
