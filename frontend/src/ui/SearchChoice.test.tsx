import { render, screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { createSignal } from "solid-js";
import { expect, test } from "vitest";
import { LocalChoice } from "./SearchChoice";

const user = userEvent.setup();
const NAMES = Array.from({ length: 300 }, (_, index) => `user ${index}`);

function choice(other?: (text: string) => { value: string; label: string }) {
  const [value, setValue] = createSignal<string>();
  render(() => (
    <LocalChoice
      label="User"
      all="All users"
      value={value()}
      options={NAMES.map((name) => ({ value: name, label: name }))}
      other={other}
      onChoose={setValue}
    />
  ));
  const field = screen.getByRole<HTMLInputElement>("combobox", { name: "User" });
  return { field, value };
}

test("an option beyond the first ones is found by typing and chosen with Enter", async () => {
  const { field, value } = choice();

  await user.click(field);
  expect(field.getAttribute("aria-expanded")).toBe("true");
  expect(screen.getAllByRole("option")).toHaveLength(101);
  expect(screen.getByRole("status").textContent).toBe("Type to find more");
  await user.type(field, "299");
  const option = screen.getByRole("option", { name: "user 299" });
  expect(field.getAttribute("aria-activedescendant")).toBe(option.id);
  await user.keyboard("{Enter}");

  expect(value()).toBe("user 299");
  expect(field.value).toBe("user 299");
  expect(screen.queryByRole("listbox")).toBeNull();
});

test("Escape keeps the choice, arrow keys lead to the empty one", async () => {
  const { field, value } = choice();
  await user.click(field);
  await user.type(field, "42{Enter}");

  await user.type(field, "no such user");
  expect(screen.getByRole("status").textContent).toBe("No results");
  await user.keyboard("{Escape}");
  expect(field.value).toBe("user 42");
  await user.keyboard("{ArrowDown}{ArrowUp}{Home}");
  while (!screen.getByRole("option", { name: "All users" }).classList.contains("bg-hover")) {
    await user.keyboard("{ArrowUp}");
  }
  await user.keyboard("{Enter}");

  expect(value()).toBeUndefined();
  expect(field.placeholder).toBe("All users");
});

test("what was typed can be an option of its own", async () => {
  const { field, value } = choice((text) => ({
    value: `${text}*`,
    label: `Starting with ${text}`,
  }));

  await user.click(field);
  await user.type(field, "demo-cl");
  expect(screen.getAllByRole("option").map((each) => each.textContent)).toEqual([
    "Starting with demo-cl",
  ]);
  await user.keyboard("{Enter}");

  expect(value()).toBe("demo-cl*");
});
