import { screen, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { type Answers, renderPage } from "../../test/render";
import { UserList } from "./UserList";

const user = (id: string, name: string, archivedAt: string | null = null) => ({
  __typename: "User",
  id,
  name,
  email: null,
  enabled: true,
  archivedAt,
  lastUsedAt: null,
  usedTokens: 0,
  quotas: [],
  apiKeys: [],
  effectiveRateLimit: {
    __typename: "RateLimit",
    requestsPerMinute: null,
    tokensPerMinute: null,
    concurrentRequests: null,
    concurrentSockets: null,
    maxWaitSeconds: null,
  },
});
const nodes = [user("1", "ada"), user("2", "bob"), user("3", "eve", "2026-01-01T00:00:00Z")];

function render(answers: Answers) {
  return (role: "VIEWER" | "ADMIN") =>
    renderPage(
      () => <UserList action={undefined} />,
      {
        Users: () => ({
          data: {
            users: {
              __typename: "UserConnection",
              totalCount: 3,
              nodes,
              pageInfo: { __typename: "PageInfo", hasNextPage: false, endCursor: null },
            },
          },
        }),
        ...answers,
      },
      role,
    );
}

const result = (id: string, outcome: string) => ({
  __typename: "ApplyLimitsResult",
  id,
  outcome,
  user: null,
});

test("chosen users get the same quota, and missing ones are counted", async () => {
  const actor = userEvent.setup();
  const sent = vi.fn();
  render({
    ApplyLimits: (variables) => {
      sent(variables);
      return {
        data: {
          applyLimits: {
            __typename: "ApplyLimitsPayload",
            results: [result("1", "APPLIED"), result("2", "NOT_FOUND")],
          },
        },
      };
    },
  })("ADMIN");
  await actor.click(await screen.findByRole("checkbox", { name: "Select all users on this page" }));
  expect(screen.getByText("2 users selected")).toBeTruthy();
  expect(screen.getByRole("checkbox", { name: "Select eve" })).toHaveProperty("disabled", true);

  await actor.click(screen.getByRole("button", { name: "Set limits…" }));
  const dialog = within(await screen.findByRole("dialog"));
  await actor.type(dialog.getByLabelText("Limit"), "1.5 million");
  await actor.click(dialog.getByRole("button", { name: "Set limits of 2 users" }));

  await vi.waitFor(() => expect(sent).toHaveBeenCalled());
  expect(sent.mock.calls[0]?.[0]).toMatchObject({
    userIds: ["1", "2"],
    input: { quotas: [{ metric: "TOKENS", limit: 1_500_000 }] },
  });
  expect(sent.mock.calls[0]?.[0].input.rateLimit).toBeUndefined();
  await screen.findByText("3 users");
});

test("the limits of a user are copied to chosen users", async () => {
  const actor = userEvent.setup();
  const sent = vi.fn();
  render({
    LimitSources: () => ({ data: { users: { __typename: "UserConnection", nodes } } }),
    CopyLimits: (variables) => {
      sent(variables);
      return {
        data: {
          copyLimits: { __typename: "ApplyLimitsPayload", results: [result("1", "APPLIED")] },
        },
      };
    },
  })("ADMIN");
  await actor.click(await screen.findByRole("checkbox", { name: "Select ada" }));
  await actor.click(screen.getByRole("button", { name: "Copy limits from…" }));
  const dialog = within(await screen.findByRole("dialog"));
  await actor.selectOptions(await dialog.findByLabelText("Copy from"), "bob");
  await actor.click(dialog.getByRole("button", { name: "Copy limits" }));

  await vi.waitFor(() => expect(sent).toHaveBeenCalledWith({ fromUserId: "2", userIds: ["1"] }));
});

test("a viewer cannot select users", async () => {
  render({})("VIEWER");

  await screen.findByText("ada");
  expect(screen.queryByRole("checkbox", { name: "Select ada" })).toBeNull();
});
