import { screen, waitFor, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import type { Role } from "../../graphql/generated/graphql";
import { renderPage } from "../../test/render";
import { AllKeys } from ".";

const SECRET = "sk-ada-WNr7QWFlW0Rd3vN93UU7zytlmBQeS7HH1K5Pqk";
const user = userEvent.setup();

function key(id: string, more: object = {}) {
  return {
    __typename: "ApiKey",
    id,
    name: `key ${id}`,
    prefix: "sk-ada-73yM",
    lastFour: "7Jnt",
    agentSignIn: null,
    state: "ACTIVE",
    lastUsedAt: "2026-11-20T12:00:00Z",
    expiresAt: null,
    revokedAt: null,
    allowedModels: null,
    user: { __typename: "User", id: "u1", name: "Ada", enabled: true, archivedAt: null },
    quotas: [{ __typename: "Quota", id: `q${id}`, usedPercent: 40 }],
    recentUsage: { requests: 12, tokens: { total: 3400 }, cost: "1.25" },
    createdKeys: [],
    recentAddresses: [
      { address: "203.0.113.9", lastSeenAt: "2026-11-20T12:00:00Z" },
      { address: "203.0.113.10", lastSeenAt: "2026-11-19T12:00:00Z" },
    ],
    ...more,
  };
}

type Variables = Record<string, unknown>;

/** The page before a server with these keys; what it asks for is kept. */
function page(keys: object[], role?: Role) {
  const asked: Variables[] = [];
  const revoked: Variables[] = [];
  renderPage(
    () => <AllKeys action={<a href="/users">Create user</a>} />,
    {
      AllKeys: (variables) => {
        asked.push(variables);
        const pageInfo = { hasNextPage: false, endCursor: null };
        return {
          data: {
            apiKeys: {
              __typename: "ApiKeyConnection",
              totalCount: keys.length,
              nodes: keys,
              pageInfo,
            },
          },
        };
      },
      KeyBySecret: ({ secret }) =>
        secret === SECRET
          ? { data: { apiKeyBySecret: key("1") } }
          : {
              data: null,
              errors: [{ message: "x", extensions: { code: "BAD_USER_INPUT" } } as never],
            },
      RevokeApiKeys: (variables) => {
        revoked.push(variables);
        const results = [
          { id: "1", outcome: "REVOKED", apiKey: null },
          { id: "2", outcome: "ALREADY_REVOKED", apiKey: null },
        ];
        return { data: { revokeApiKeys: { results } } };
      },
    },
    role,
  );
  return { asked, revoked };
}

beforeEach(() => history.replaceState(null, "", "/keys"));

test("a key is shown with its owner, last address, usage and quota", async () => {
  page([key("1")]);

  const row = (await screen.findByRole("link", { name: "key 1" })).closest("tr");
  const cells = within(row as HTMLElement);
  expect(cells.getAllByRole("link", { name: "Ada" })[0]?.getAttribute("href")).toBe("/users/u1");
  expect(cells.getAllByText(/203\.0\.113\.9/)[0]?.textContent).toBe("203.0.113.9 +1");
  expect(cells.getByText("$1.25")).toBeTruthy();
  expect(cells.getAllByRole("meter")[0]?.getAttribute("aria-valuenow")).toBe("40");
});

test("chosen keys are listed before they are revoked together", async () => {
  const { revoked } = page([key("1"), key("2"), key("3", { state: "REVOKED" })]);
  await user.click(await screen.findByLabelText("Select key 1 of Ada"));
  expect((screen.getByLabelText("Select key 3 of Ada") as HTMLInputElement).disabled).toBe(true);
  await user.click(screen.getByLabelText("Select all keys on this page"));
  await user.click(screen.getByRole("button", { name: "Revoke 2 keys…" }));
  const dialog = within(await screen.findByRole("dialog"));

  expect(dialog.getAllByRole("listitem").map((item) => item.firstChild?.textContent)).toEqual([
    "key 1",
    "key 2",
  ]);
  const confirm = dialog.getByRole("button", { name: "Revoke 2 keys" }) as HTMLButtonElement;
  expect(confirm.disabled).toBe(true);
  await user.type(dialog.getByLabelText(/Type “/), "revoke 2 keys");
  await user.click(confirm);

  await waitFor(() => expect(revoked).toEqual([{ ids: ["1", "2"] }]));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(screen.queryByText("2 keys selected")).toBeNull();
});

test("the filters are in the address and are asked of the server", async () => {
  const { asked } = page([]);
  await screen.findByText("No keys yet");

  await user.selectOptions(screen.getByLabelText("Show"), "Unused for 90 days");
  await user.selectOptions(screen.getByLabelText("Sort by"), "Highest cost (30 d)");

  await screen.findByText("No matching keys");
  expect(location.search).toBe("?show=unused90&sort=cost");
  await waitFor(() =>
    expect(asked.at(-1)).toMatchObject({
      filter: { states: ["ACTIVE"], unusedDays: 90 },
      orderBy: { field: "COST", direction: "DESC" },
    }),
  );
});

test("a pasted key is looked up by itself and gets neither into the address nor into the search", async () => {
  const { asked } = page([key("1")]);
  const field = await screen.findByRole("searchbox");

  await user.click(field);
  await user.paste(`export KEY=${SECRET}`);
  const found = within(
    (await screen.findByText(/belongs to Ada: key 1/)).closest("div") as HTMLElement,
  );
  expect(found.getByText("12 requests, 3.4K tokens, $1.25")).toBeTruthy();
  expect(found.getByText("203.0.113.10")).toBeTruthy();
  await user.click(found.getByRole("button", { name: "Rotate…" }));
  await screen.findByRole("dialog", { name: "Rotate key 1" });

  expect(location.href).not.toContain("sk-ada");
  expect(JSON.stringify(asked)).not.toContain("sk-ada");
});

test("a key that is mistyped or from elsewhere is named so", async () => {
  page([key("1")]);
  await user.click(await screen.findByRole("searchbox"));
  await user.paste(`${SECRET}x`);

  await screen.findByText(/mistyped, incomplete, or from another server/);
});

test("a viewer finds the owner of a key, and is offered nothing that changes it", async () => {
  page([key("1")], "VIEWER");
  await screen.findByRole("link", { name: "key 1" });
  expect(screen.queryByRole("checkbox")).toBeNull();
  await user.click(screen.getByRole("searchbox"));
  await user.paste(SECRET);

  await screen.findByText(/belongs to Ada: key 1/);
  expect(screen.queryByRole("button", { name: "Revoke…" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Actions for key 1" }));
  const items = await screen.findAllByRole("menuitem");
  expect(items.map((item) => item.textContent)).toEqual([
    "View requests",
    "Connect a client",
    "Limits",
  ]);
});
