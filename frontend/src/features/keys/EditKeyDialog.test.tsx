import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { GraphQLError } from "graphql";
import { expect, test, vi } from "vitest";
import type { ClientFamily } from "../../graphql/generated/graphql";
import { renderPage } from "../../test/render";
import { EditKeyDialog } from "./EditKeyDialog";

const laptop = {
  id: "k1",
  version: 2,
  name: "laptop",
  expiresAt: null,
  allowedModels: null,
  allowedNetworks: ["203.0.113.0/24"],
  allowedClients: ["CODEX"] as ClientFamily[],
};

const lockedOut = new GraphQLError("none of the networks has 203.0.113.9", {
  extensions: { code: "CONFIRMATION_REQUIRED" },
});

test("networks that exclude the last address are saved once that is confirmed", async () => {
  const user = userEvent.setup();
  const sent: Record<string, unknown>[] = [];
  const close = vi.fn();
  renderPage(() => <EditKeyDialog userId="u1" apiKey={laptop} open onClose={close} />, {
    UpdateApiKey: (variables) => {
      const { confirmLockOut } = variables;
      sent.push(variables);
      if (!confirmLockOut) return { data: null, errors: [lockedOut] };
      return { data: { updateApiKey: { apiKey: { ...laptop, version: 3 } } } };
    },
  });
  const networks = await screen.findByLabelText("Allowed networks");
  await user.clear(networks);
  await user.type(networks, "198.51.100.0/24");
  await user.click(screen.getByLabelText("curl"));
  await user.click(screen.getByRole("button", { name: "Save" }));

  expect(await screen.findByText(/None of the networks has 203\.0\.113\.9/)).toBeTruthy();
  expect(close).not.toHaveBeenCalled();
  await user.click(screen.getByLabelText("Save anyway"));
  await user.click(screen.getByRole("button", { name: "Save" }));

  await vi.waitFor(() => expect(close).toHaveBeenCalled());
  const input = { allowedNetworks: ["198.51.100.0/24"], allowedClients: ["CODEX", "CURL"] };
  expect(sent).toEqual([
    { id: "k1", input, expectedVersion: 2, confirmLockOut: false },
    { id: "k1", input, expectedVersion: 2, confirmLockOut: true },
  ]);
});

test("an empty list of networks and no client allow all", async () => {
  const user = userEvent.setup();
  const close = vi.fn();
  let input: unknown;
  renderPage(() => <EditKeyDialog userId="u1" apiKey={laptop} open onClose={close} />, {
    UpdateApiKey: (variables) => {
      ({ input } = variables);
      return { data: { updateApiKey: { apiKey: { ...laptop, version: 3 } } } };
    },
  });
  await user.clear(await screen.findByLabelText("Allowed networks"));
  await user.click(screen.getByLabelText("Codex"));
  await user.click(screen.getByRole("button", { name: "Save" }));

  await vi.waitFor(() => expect(close).toHaveBeenCalled());
  expect(input).toEqual({ allowedNetworks: null, allowedClients: null });
});
