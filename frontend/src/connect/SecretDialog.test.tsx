import { render, screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { SecretDialog } from "./SecretDialog";

test("a new secret is hidden only after the reader confirms that they saved it", async () => {
  const onDone = vi.fn();
  const user = userEvent.setup();
  render(() => (
    <SecretDialog fresh={{ title: "New key", secret: "sk-once" }} onDone={onDone}>
      {() => null}
    </SecretDialog>
  ));
  const done = await screen.findByRole("button", { name: "Done" });

  await user.keyboard("{Escape}");
  await user.click(done);
  expect(onDone).not.toHaveBeenCalled();

  await user.click(screen.getByRole("checkbox"));
  await user.click(done);
  expect(onDone).toHaveBeenCalledOnce();
});
