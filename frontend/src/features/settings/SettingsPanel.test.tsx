import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { GraphQLError } from "graphql";
import { expect, test } from "vitest";
import { renderPage } from "../../test/render";
import { SettingsPanel } from "./SettingsPanel";

const settings = {
  __typename: "Settings",
  version: 3,
  abortPolicy: "DRAIN",
  drainSeconds: 120,
  drainBytes: 8 * 1024 ** 2,
  drainConcurrency: 32,
  maxBodyBytes: 64 * 1024 ** 2,
};

test("settings that somebody else changed meanwhile are not overwritten", async () => {
  const user = userEvent.setup();
  let present = settings;
  const conflict = new GraphQLError("stale", { extensions: { code: "CONFLICT" } });
  renderPage(() => <SettingsPanel />, {
    Settings: () => ({ data: { settings: present } }),
    UpdateSettings: ({ expectedVersion }) =>
      expectedVersion === present.version
        ? { data: { updateSettings: { settings: present } } }
        : { data: null, errors: [conflict] },
  });
  await screen.findByText("Version 3");
  present = { ...settings, version: 4, drainSeconds: 30 };

  await user.click(screen.getByRole("button", { name: "Save settings" }));
  await user.click(await screen.findByRole("button", { name: "Load the present settings" }));

  expect(await screen.findByText("Version 4")).toBeDefined();
  expect(screen.getByLabelText<HTMLInputElement>(/seconds/).value).toBe("30");
});
