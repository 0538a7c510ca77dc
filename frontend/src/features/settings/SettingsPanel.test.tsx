import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { GraphQLError } from "graphql";
import { expect, test } from "vitest";
import { renderPage } from "../../test/render";
import { settingsWith } from "../../test/settings";
import { SettingsPanel } from "./SettingsPanel";

const settings = settingsWith({ drainSeconds: 120, retentionDays: 90 });

test("settings that another administrator changed meanwhile are shown, and not overwritten", async () => {
  const user = userEvent.setup();
  let present = settings;
  const conflict = new GraphQLError("stale", { extensions: { code: "CONFLICT" } });
  renderPage(() => <SettingsPanel />, {
    Settings: () => ({ data: { settings: present } }),
    UpdateSettings: ({ input, expectedVersion }) => {
      if (expectedVersion !== present.version) return { data: null, errors: [conflict] };
      present = { ...present, ...(input as object), version: present.version + 1 };
      return {
        data: { updateSettings: { __typename: "UpdateSettingsPayload", settings: present } },
      };
    },
  });
  await user.clear(await screen.findByLabelText(/retention/));
  await user.type(screen.getByLabelText(/retention/), "30");
  present = { ...settings, version: 4, drainSeconds: 10 };

  await user.click(screen.getByRole("button", { name: "Review changes" }));
  await user.click(await screen.findByRole("button", { name: "Save settings" }));

  const theirs = await screen.findByRole("table", { name: "Their changes" });
  expect(theirs.textContent).toContain("120");
  expect(theirs.textContent).toContain("10");
  await user.click(screen.getByRole("button", { name: "Save settings" }));
  await screen.findByText("Version 5");
  expect(present).toMatchObject({ version: 5, drainSeconds: 10, retentionDays: 30 });
});
