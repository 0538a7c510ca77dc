import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderPage } from "../test/render";
import { GroupsOfAccountDialog } from "./GroupsOfAccountDialog";

test("an account stays in its groups while the choice of groups is not there yet", async () => {
  const user = userEvent.setup();
  const sent = vi.fn();
  const group = { __typename: "AccountGroup", id: "g1", accounts: [{ id: "a1" }] };
  renderPage(() => <GroupsOfAccountDialog id="a1" label="work" open onClose={() => {}} />, {
    AccountsOfGroups: () => ({ data: { accountGroups: [group] } }),
    SetProviderAccountGroups: (variables) => {
      sent(variables);
      return { data: null };
    },
  });
  await user.click(await screen.findByRole("button", { name: "Save" }));

  await vi.waitFor(() => expect(sent).toHaveBeenCalled());
  expect(sent.mock.calls[0]?.[0]).toEqual({ id: "a1", accountGroupIds: ["g1"] });
});
