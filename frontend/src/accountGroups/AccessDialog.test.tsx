import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderPage } from "../test/render";
import { AccessDialog } from "./AccessDialog";

/** A server with two groups, and a user with these groups of their own. */
function serverWith(ownGroups: { id: string }[] | null, sent: unknown[]) {
  const accountAccess = { __typename: "AccountAccess", ownGroups };
  const user = { __typename: "User", id: "1", version: 3, accountAccess, apiKeys: [] };
  const group = (id: string, name: string) => ({
    __typename: "AccountGroup",
    id,
    name,
    accounts: [{ __typename: "ProviderAccount", id: `a${id}`, label: `account of ${name}` }],
  });
  return {
    AccountAccess: () => ({ data: { user } }),
    GroupChoices: () => ({
      data: { accountGroups: [group("t", "Team"), group("s", "Spare")] },
    }),
    SetAccountAccess: (variables: Record<string, unknown>) => {
      sent.push(variables);
      return { data: { setAccountAccess: { user, apiKey: null } } };
    },
  };
}

test("a user is given groups of their own, of which at least one must be chosen", async () => {
  const user = userEvent.setup();
  const [sent, close]: [unknown[], () => void] = [[], vi.fn()];
  renderPage(
    () => <AccessDialog userId="1" name="Ada" open onClose={close} />,
    serverWith(null, sent),
  );
  const accounts = await screen.findByLabelText("Accounts");
  expect(screen.queryByLabelText("Team")).toBeNull();

  await user.selectOptions(accounts, "Only accounts of these groups");
  const team = await screen.findByLabelText("Team");
  const save = screen.getByRole("button", { name: "Save" });
  expect(save).toHaveProperty("disabled", true);
  await user.click(team);
  await user.click(save);

  await vi.waitFor(() => expect(close).toHaveBeenCalled());
  const input = { subject: { userId: "1" }, accountGroupIds: ["t"] };
  expect(sent).toEqual([{ input, expectedVersion: 3 }]);
});

test("a user with groups of their own inherits again", async () => {
  const user = userEvent.setup();
  const [sent, close]: [unknown[], () => void] = [[], vi.fn()];
  renderPage(
    () => <AccessDialog userId="1" name="Ada" open onClose={close} />,
    serverWith([{ id: "s" }], sent),
  );
  expect(await screen.findByLabelText("Spare")).toHaveProperty("checked", true);

  const inherited = "From the group of users, or the default";
  await user.selectOptions(screen.getByLabelText("Accounts"), inherited);
  await user.click(screen.getByRole("button", { name: "Save" }));

  await vi.waitFor(() => expect(close).toHaveBeenCalled());
  const input = { subject: { userId: "1" }, accountGroupIds: null };
  expect(sent).toEqual([{ input, expectedVersion: 3 }]);
});

test("the members of a group of users are given account groups", async () => {
  const user = userEvent.setup();
  const [sent, close]: [unknown[], () => void] = [[], vi.fn()];
  const group = { __typename: "UserGroup", id: "9", version: 4, accountGroups: null };
  renderPage(() => <AccessDialog userGroupId="9" name="Interns" open onClose={close} />, {
    ...serverWith(null, sent),
    UserGroupAccess: () => ({ data: { userGroups: [group] } }),
  });

  const accounts = await screen.findByLabelText("Accounts");
  await user.selectOptions(accounts, "Only accounts of these groups");
  await user.click(await screen.findByLabelText("Spare"));
  await user.click(screen.getByRole("button", { name: "Save" }));

  await vi.waitFor(() => expect(close).toHaveBeenCalled());
  const input = { subject: { userGroupId: "9" }, accountGroupIds: ["s"] };
  expect(sent).toEqual([{ input, expectedVersion: 4 }]);
});
