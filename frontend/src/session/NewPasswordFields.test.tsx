import { render, screen } from "@solidjs/testing-library";
import { expect, test } from "vitest";
import { NewPasswordFields } from "./NewPasswordFields";

test("a password that is too short is said at the first field, a difference at the second", () => {
  const { unmount } = render(() => <NewPasswordFields fault={{ kind: "short", missing: 1 }} />);
  const faultOf = (label: string) =>
    screen.getByLabelText(label).getAttribute("aria-invalid") === "true";
  expect([faultOf("Password"), faultOf("Confirm password")]).toEqual([true, false]);
  expect(screen.getByRole("alert").textContent).toContain("add 1 more character.");
  unmount();

  render(() => <NewPasswordFields fault={{ kind: "differs" }} />);
  expect([faultOf("Password"), faultOf("Confirm password")]).toEqual([false, true]);
});
