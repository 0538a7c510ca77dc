import { screen, waitFor, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { renderPage } from "../../test/render";
import Palette from "./Palette";

const SECRET = "sk-ada-WNr7QWFlW0Rd3vN93UU7zytlmBQeS7HH1K5Pqk";

const found = {
  __typename: "ApiKey",
  id: "k1",
  name: "laptop",
  prefix: "sk-ada-WNr7",
  lastFour: "5Pqk",
  state: "ACTIVE",
  lastUsedAt: null,
  user: { __typename: "User", id: "u1", name: "Ada" },
  recentUsage: { requests: 1, tokens: { total: 1 }, cost: "0" },
  createdKeys: [],
  recentAddresses: [],
};

test("a pasted key is offered with its owner and what to do, and is searched for nowhere else", async () => {
  const user = userEvent.setup();
  const searches: unknown[] = [];
  const revoked: unknown[] = [];
  renderPage(() => <Palette open onClose={() => {}} />, {
    Palette: (variables) => {
      searches.push(variables);
      return { data: { users: { nodes: [] } } };
    },
    PaletteKeys: (variables) => {
      searches.push(variables);
      return { data: { apiKeys: { nodes: [] } } };
    },
    KeyBySecret: () => ({ data: { apiKeyBySecret: found } }),
    RevokeApiKey: (variables) => {
      revoked.push(variables);
      return { data: { revokeApiKey: { apiKey: { ...found, state: "REVOKED" } } } };
    },
  });
  await user.click(await screen.findByRole("combobox"));
  await user.paste(SECRET);

  await screen.findByRole("option", { name: /laptop.*Ada/ });
  await user.click(await screen.findByRole("button", { name: "Revoke…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Revoke laptop?" }));
  await user.type(dialog.getByLabelText(/Type “/), "laptop");
  await user.click(dialog.getByRole("button", { name: "Revoke key" }));

  await waitFor(() => expect(revoked).toEqual([{ id: "k1", withCreated: true }]));
  expect(JSON.stringify(searches)).not.toContain("sk-ada");
});

test("pages below those of the navigation are found, by those who may open them", async () => {
  const user = userEvent.setup();
  const nothing = {
    Palette: () => ({ data: { users: { nodes: [] } } }),
    PaletteKeys: () => ({ data: { apiKeys: { nodes: [] } } }),
  };
  const { unmount } = renderPage(() => <Palette open onClose={() => {}} />, nothing);
  await user.type(await screen.findByRole("combobox"), "backups");
  await screen.findByRole("option", { name: /^Backups.*Settings/ });
  unmount();

  renderPage(() => <Palette open onClose={() => {}} />, nothing, "VIEWER");
  await user.type(await screen.findByRole("combobox"), "settings");
  await screen.findByRole("option", { name: /^Sessions/ });
  expect(screen.queryByRole("option", { name: /^Backups/ })).toBeNull();
});
