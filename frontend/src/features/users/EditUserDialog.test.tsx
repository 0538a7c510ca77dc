import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { GraphQLError } from "graphql";
import { expect, test, vi } from "vitest";
import { renderPage } from "../../test/render";
import { EditUserDialog } from "./EditUserDialog";

const ada = {
  __typename: "User",
  id: "1",
  version: 3,
  name: "ada",
  email: null as string | null,
  note: "first",
  allowedModels: null,
  group: null as { id: string; name: string } | null,
};

/** A server that has this user, and compares versions as the real one does. */
function serverWith(present: { user: typeof ada }) {
  const outdated = () =>
    new GraphQLError("outdated", {
      extensions: { code: "CONFLICT", currentVersion: present.user.version },
    });
  return {
    UserToEdit: () => ({ data: { user: present.user } }),
    UpdateUser: ({ input, expectedVersion }: Record<string, unknown>) => {
      if (expectedVersion !== present.user.version) return { data: null, errors: [outdated()] };
      present.user = {
        ...present.user,
        ...(input as object),
        version: present.user.version + 1,
      };
      return { data: { updateUser: { __typename: "UpdateUserPayload", user: present.user } } };
    },
  };
}

test("a user that was changed by someone else is not overwritten, and nothing typed is lost", async () => {
  const user = userEvent.setup();
  const present = { user: ada };
  const close = vi.fn();
  renderPage(() => <EditUserDialog id="1" user={ada} open onClose={close} />, serverWith(present));
  await user.type(await screen.findByLabelText(/Email/), "ada@example.org");
  present.user = { ...ada, version: 4, note: "theirs", name: "ada l" };

  await user.click(screen.getByRole("button", { name: "Save" }));

  const theirs = await screen.findByRole("table", { name: "Their changes" });
  expect(theirs.textContent).toContain("theirs");
  expect(screen.getByRole("table", { name: "Your changes" }).textContent).toContain(
    "ada@example.org",
  );
  expect(screen.getByLabelText(/Note/)).toHaveProperty("value", "theirs");
  expect(screen.getByLabelText(/Email/)).toHaveProperty("value", "ada@example.org");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await vi.waitFor(() => expect(close).toHaveBeenCalled());
  expect(present.user).toMatchObject({
    version: 5,
    name: "ada l",
    note: "theirs",
    email: "ada@example.org",
  });
});

test("a change that does not concern the form is not shown as a conflict", async () => {
  const user = userEvent.setup();
  const present = { user: ada };
  const close = vi.fn();
  renderPage(() => <EditUserDialog id="1" user={ada} open onClose={close} />, serverWith(present));
  await user.type(await screen.findByLabelText(/Email/), "ada@example.org");
  present.user = { ...ada, version: 9 };

  await user.click(screen.getByRole("button", { name: "Save" }));

  await vi.waitFor(() => expect(close).toHaveBeenCalled());
  expect(present.user).toMatchObject({ version: 10, email: "ada@example.org" });
});

test("a user stays in their group while the groups are not known yet", async () => {
  const user = userEvent.setup();
  const member = { ...ada, group: { __typename: "UserGroup", id: "g1", name: "Interns" } };
  const sent = vi.fn();
  const server = serverWith({ user: member });
  renderPage(() => <EditUserDialog id="1" user={member} open onClose={() => {}} />, {
    ...server,
    UpdateUser: (variables) => {
      sent(variables.input);
      return server.UpdateUser(variables);
    },
  });
  await user.type(await screen.findByLabelText(/Email/), "ada@example.org");
  await user.click(screen.getByRole("button", { name: "Save" }));

  await vi.waitFor(() => expect(sent).toHaveBeenCalled());
  expect(sent.mock.calls[0]?.[0]).toEqual({ email: "ada@example.org" });
});

test("another group that someone else has chosen is shown", async () => {
  const user = userEvent.setup();
  const present = { user: ada };
  renderPage(
    () => <EditUserDialog id="1" user={ada} open onClose={() => {}} />,
    serverWith(present),
  );
  await user.type(await screen.findByLabelText(/Email/), "ada@example.org");
  const group = { __typename: "UserGroup", id: "g1", name: "Interns" };
  present.user = { ...ada, version: 4, group };
  await user.click(screen.getByRole("button", { name: "Save" }));

  const theirs = await screen.findByRole("table", { name: "Their changes" });
  expect(theirs.textContent).toContain("Interns");
});
