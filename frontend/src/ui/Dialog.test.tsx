import { render, screen, waitFor } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { CombinedError } from "@urql/core";
import { createSignal, Show } from "solid-js";
import { expect, test, vi } from "vitest";
import { ConfirmDialog } from "./ConfirmDialog";
import { Dialog } from "./Dialog";

test("the focus stays in a dialog whose step with the focus is replaced", async () => {
  const user = userEvent.setup();
  const [isSecond, setSecond] = createSignal(false);
  render(() => (
    <Dialog open title="Import" onClose={() => {}}>
      <Show when={!isSecond()} fallback={<p>Two accounts</p>}>
        <button type="button" onClick={() => setSecond(true)}>
          Continue
        </button>
      </Show>
    </Dialog>
  ));
  await user.click(await screen.findByRole("button", { name: "Continue" }));

  await screen.findByText("Two accounts");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("dialog")));
});

test("a confirmation that opens again wants its name typed again, and shows no earlier failure", async () => {
  const user = userEvent.setup();
  const [isOpen, setOpen] = createSignal(true);
  const [error, setError] = createSignal<CombinedError>();
  const confirm = vi.fn(() =>
    setError(new CombinedError({ graphQLErrors: ["the group is in use"] })),
  );
  render(() => (
    <ConfirmDialog
      open={isOpen()}
      title="Delete Team?"
      confirmLabel="Delete"
      typedName="Team"
      pending={false}
      error={error()}
      onConfirm={confirm}
      onClose={() => setOpen(false)}
    >
      It is gone.
    </ConfirmDialog>
  ));
  await user.type(await screen.findByRole("textbox"), "Team");
  await user.click(screen.getByRole("button", { name: "Delete" }));
  await screen.findByRole("alert");
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());

  setOpen(true);
  const again = await screen.findByRole("button", { name: "Delete" });
  expect(again).toHaveProperty("disabled", true);
  expect(screen.queryByRole("alert")).toBeNull();
  await user.type(screen.getByRole("textbox"), "Team");
  await user.click(again);
  await screen.findByRole("alert");
  expect(confirm).toHaveBeenCalledTimes(2);
});
