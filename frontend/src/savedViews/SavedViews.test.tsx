import { screen, waitFor } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { type Answers, renderPage } from "../test/render";
import { SavedViews } from "./SavedViews";

const views = [
  { __typename: "SavedView", id: "v1", name: "Models", search: "by=MODEL&range=THIS_MONTH" },
];

function answers(sent: Record<string, unknown>[] = []): Answers {
  const changed = (field: string) => (variables: Record<string, unknown>) => {
    sent.push(variables);
    return { data: { [field]: { view: views[0] } } };
  };
  return {
    SavedViews: () => ({ data: { savedViews: views } }),
    CreateSavedView: changed("createSavedView"),
    UpdateSavedView: changed("updateSavedView"),
    DeleteSavedView: changed("deleteSavedView"),
  };
}

beforeEach(() => window.history.replaceState(null, "", "/usage?by=USER&request=0199"));

const open = async () => {
  const trigger = await screen.findByRole("button", { name: "Views" });
  trigger.focus();
  await userEvent.keyboard("{Enter}");
};

test("a view is opened from the menu", async () => {
  renderPage(() => <SavedViews page="USAGE" />, answers());
  await open();

  const item = await screen.findByRole("menuitem", { name: "Models" });
  item.focus();
  await userEvent.keyboard("{Enter}");

  await waitFor(() => expect(window.location.search).toBe("?by=MODEL&range=THIS_MONTH"));
});

test("the filters of the page are saved under a name, without what is open", async () => {
  const sent: Record<string, unknown>[] = [];
  renderPage(() => <SavedViews page="USAGE" />, answers(sent));
  await open();
  (await screen.findByRole("menuitem", { name: "Save this view…" })).focus();
  await userEvent.keyboard("{Enter}");

  await userEvent.type(await screen.findByRole("textbox", { name: "Name" }), "By user{Enter}");

  await waitFor(() =>
    expect(sent).toEqual([{ input: { page: "USAGE", name: "By user", search: "by=USER" } }]),
  );
});

test("views are renamed and deleted", async () => {
  const sent: Record<string, unknown>[] = [];
  renderPage(() => <SavedViews page="USAGE" />, answers(sent));
  await open();
  (await screen.findByRole("menuitem", { name: "Manage views…" })).focus();
  await userEvent.keyboard("{Enter}");

  const name = await screen.findByRole("textbox", { name: "Name of Models" });
  await userEvent.clear(name);
  await userEvent.type(name, "Months{Enter}");
  await waitFor(() => expect(sent).toEqual([{ id: "v1", input: { name: "Months" } }]));
  await userEvent.click(screen.getByRole("button", { name: "Delete view Models" }));
  await waitFor(() => expect(sent.at(-1)).toEqual({ id: "v1" }));
});

test("a view of an existing name is replaced after a confirmation", async () => {
  const sent: Record<string, unknown>[] = [];
  renderPage(() => <SavedViews page="USAGE" />, answers(sent));
  await open();
  (await screen.findByRole("menuitem", { name: "Save this view…" })).focus();
  await userEvent.keyboard("{Enter}");

  await userEvent.type(await screen.findByRole("textbox", { name: "Name" }), "Models");
  await screen.findByText(/A view named Models exists/);
  expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Replace view" }));

  await waitFor(() => expect(sent).toEqual([{ id: "v1", input: { search: "by=USER" } }]));
});
