import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderPage } from "../../test/render";
import { ImportUsers } from "./ImportUsers";

const line = (number: number, name: string, problem: string | null) => ({
  __typename: "UserImportLine",
  line: number,
  name,
  email: null,
  group: null,
  allowedModels: null,
  keyExpiresAt: null,
  problem,
});

async function paste(lines: object[], sent: unknown[]) {
  const user = userEvent.setup();
  renderPage(() => <ImportUsers />, {
    UserImportPreview: () => ({ data: { userImportPreview: lines } }),
    ImportUsers: (variables: Record<string, unknown>) => {
      sent.push(variables);
      const ada = { __typename: "User", id: "1", name: "Ada", email: null };
      const created = { __typename: "ImportedUser", user: ada, secret: "sk-ada-secret" };
      return { data: { importUsers: { users: [created] } } };
    },
  });
  await user.click(await screen.findByRole("button", { name: "Import users" }));
  await user.click(await screen.findByLabelText("Or paste the lines"));
  await user.paste("name\nAda");
  await user.click(screen.getByRole("button", { name: "Continue" }));
  return user;
}

test("a line with a problem is named, and nothing can be imported", async () => {
  await paste([line(2, "Ada", null), line(3, "Ben", "line 2 has the same name")], []);

  expect(await screen.findByText("line 2 has the same name")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Create 2 users" })).toHaveProperty("disabled", true);
});

test("the dialog with the keys closes only after they were saved", async () => {
  const sent: unknown[] = [];
  const user = await paste([line(2, "Ada", null)], sent);
  await user.click(await screen.findByRole("button", { name: "Create 1 user" }));

  expect(await screen.findByText("1 user created")).toBeTruthy();
  expect(sent).toEqual([{ csv: "name\nAda" }]);
  expect(screen.getByRole("button", { name: "Done" })).toHaveProperty("disabled", true);
  URL.createObjectURL = vi.fn(() => "blob:keys");
  URL.revokeObjectURL = vi.fn();
  await user.click(screen.getByRole("button", { name: "Save keys as CSV" }));
  await user.click(screen.getByRole("button", { name: "Done" }));
  await vi.waitFor(() => expect(screen.queryByText("1 user created")).toBeNull());
});
