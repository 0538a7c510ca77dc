import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderPage } from "../../test/render";
import { EditGroupDialog } from "./GroupDialog";

test("a group keeps its accounts while the choice of accounts is not there yet", async () => {
  const user = userEvent.setup();
  const sent = vi.fn();
  const group = { id: "g1", version: 2, name: "Team", isDefault: false, accounts: [{ id: "a1" }] };
  renderPage(() => <EditGroupDialog group={group} open onClose={() => {}} />, {
    UpdateAccountGroup: (variables) => {
      sent(variables);
      return { data: null };
    },
  });
  await user.type(await screen.findByLabelText("Name"), " A{Enter}");

  await vi.waitFor(() => expect(sent).toHaveBeenCalled());
  expect(sent.mock.calls[0]?.[0]).toEqual({
    id: "g1",
    input: { name: "Team A", isDefault: false, accountIds: ["a1"] },
    expectedVersion: 2,
  });
});
