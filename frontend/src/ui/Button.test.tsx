import { render, screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { createSignal } from "solid-js";
import { expect, test, vi } from "vitest";
import { Button } from "./Button";
import { Form } from "./Form";

test("a pending button keeps the focus and does nothing", async () => {
  const user = userEvent.setup();
  const [isPending, setPending] = createSignal(false);
  const submit = vi.fn(() => setPending(true));
  const { getByLabelText } = render(() => (
    <Form onSubmit={submit}>
      <label>
        Name <input />
      </label>
      <Button type="submit" pending={isPending()}>
        Save
      </Button>
    </Form>
  ));
  const button = screen.getByRole("button", { name: "Save" });
  button.focus();
  await user.keyboard("{Enter}{Enter}");
  await user.click(button);
  expect(document.activeElement).toBe(button);
  expect(button.getAttribute("aria-disabled")).toBe("true");

  await user.type(getByLabelText("Name"), "Ada{Enter}");
  expect(submit).toHaveBeenCalledOnce();
  setPending(false);
  await user.click(button);
  expect(submit).toHaveBeenCalledTimes(2);
});
