import { screen, waitFor, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { GraphQLError } from "graphql";
import { expect, test } from "vitest";
import { type Answers, renderPage } from "../../test/render";
import { SharingPanel } from "./SharingPanel";

const ada = { __typename: "User", id: "u1", name: "Ada" };
const sharing = {
  __typename: "AccountSharing",
  mode: "OBSERVE",
  observedSince: "2026-11-01T00:00:00Z",
  enforceableFrom: "2026-11-04T00:00:00Z",
  overrides: [],
  report: [],
  pools: [
    {
      __typename: "SharedPool",
      provider: "CLAUDE",
      windows: [
        {
          __typename: "SharedWindow",
          length: "FIVE_HOURS",
          usedPercent: 40,
          freePercent: 20,
          keptPercent: 30,
          resetsAt: null,
        },
      ],
      shares: [
        {
          __typename: "UserShare",
          weight: 1.5,
          sharePercent: 60,
          fiveHoursUsedPercent: 25,
          weekUsedPercent: 10,
          weekKeptPercent: 50,
          state: "BELOW_SHARE",
          user: ada,
        },
      ],
    },
  ],
};

function show(answers: Answers = {}, role: "OWNER" | "VIEWER" = "OWNER") {
  const known = () => ({ data: { ungroupedSharing: sharing } });
  return renderPage(() => <SharingPanel />, { UngroupedSharing: known, ...answers }, role);
}

test("a mode that is not confirmed is not shown as if it held", async () => {
  const user = userEvent.setup();
  show();
  const mode = await screen.findByLabelText<HTMLSelectElement>("Requests above the share");
  await user.selectOptions(mode, "Refuse");
  await user.click(await screen.findByRole("button", { name: "Cancel" }));

  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(mode.selectedOptions[0]?.label).toBe("Observe");
});

test("why a mode was not saved is said once", async () => {
  const user = userEvent.setup();
  const errors = [new GraphQLError("no windows are shared")];
  show({ SetShareMode: () => ({ data: null, errors }) });
  const mode = await screen.findByLabelText("Requests above the share");
  await user.selectOptions(mode, "Refuse");
  await user.click(await screen.findByRole("button", { name: "Refuse requests" }));

  expect((await screen.findByRole("alert")).textContent).toContain("No windows are shared.");
});

test("each window is divided into what is used, kept, free and not available", async () => {
  show();
  const bar = await screen.findByRole("img", { name: /^5 hours:/ });
  expect(bar.getAttribute("aria-label")).toBe(
    "5 hours: Used 40%, Kept 30%, Free to borrow 20%, Not available 10%",
  );
});

test("a viewer reads the mode and the shares, and changes none", async () => {
  show({}, "VIEWER");
  const row = within(await screen.findByRole("row", { name: /Ada/ }));
  expect(row.getByRole("link", { name: "Ada" }).getAttribute("href")).toBe("/users/u1");
  expect(row.getByText("25%")).toBeTruthy();
  expect(screen.getByText("Observe")).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
});
