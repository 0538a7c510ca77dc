import { render, screen } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { expect, test } from "vitest";
import type { Role } from "./generated/graphql";
import { May, RoleContext } from "./may";
import { isAllowed } from "./roles";

test("a role may do what the schema requires of it or of a lower role", () => {
  expect(
    (["VIEWER", "ADMIN", "OWNER"] as const).map((role) => isAllowed(role, "createUser")),
  ).toEqual([false, true, true]);
  expect(isAllowed("ADMIN", "createBackup")).toBe(false);
  expect(isAllowed("VIEWER", "exportUsage")).toBe(true);
});

test("a mutation about the own session requires no role", () => {
  expect(isAllowed("VIEWER", "changePassword")).toBe(true);
});

test("without a role nothing is offered that requires one", () => {
  expect(isAllowed(undefined, "exportUsage")).toBe(false);
});

test("what is offered follows the role", () => {
  const [role, setRole] = createSignal<Role>("VIEWER");
  render(() => (
    <RoleContext.Provider value={role}>
      <May do="createUser" fallback="only shown">
        <button type="button">Create</button>
      </May>
    </RoleContext.Provider>
  ));

  expect(screen.queryByRole("button")).toBeNull();
  expect(screen.getByText("only shown")).toBeTruthy();

  setRole("ADMIN");
  expect(screen.getByRole("button", { name: "Create" })).toBeTruthy();
});
