import { fireEvent, screen, within } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { CreatePriceInput } from "../../graphql/generated/graphql";
import { renderPage } from "../../test/render";
import { PriceDialog } from "./PriceDialog";

test("a service tier has long-prompt prices of its own, and images and videos have prices", async () => {
  const user = userEvent.setup();
  const saved = vi.fn();
  renderPage(() => <PriceDialog open onClose={() => {}} />, {
    CreatePrice: ({ input }) => {
      saved(input);
      const price = { __typename: "Price", id: "p", modelPattern: "acme" };
      return { data: { createPrice: { __typename: "CreatePricePayload", price } } };
    },
  });
  const fill = (place: HTMLElement, label: string, value: string) =>
    fireEvent.input(within(place).getByLabelText(label), { target: { value } });
  const dialog = await screen.findByRole("dialog");
  const fields = (name: string) => screen.findByRole("group", { name });

  fill(dialog, "Model or pattern", "acme");
  fill(dialog, "Input", "5");
  fill(dialog, "Output", "30");
  await user.click(screen.getByText("Service tiers"));
  await user.click(screen.getByRole("button", { name: "Add service tier" }));
  const tier = await fields("Service tier 1");
  await user.click(within(tier).getByRole("button", { name: "Add long-prompt price" }));
  const first = await fields("Long-prompt price 1 of service tier 1");
  fill(first, "Prompts over (tokens)", "272000");
  fill(first, "Input", "10");
  await user.click(within(tier).getByRole("button", { name: "Add long-prompt price" }));
  const second = "Remove long-prompt price 2 of service tier 1";
  await user.click(screen.getByRole("button", { name: second }));
  await user.click(screen.getByText("Images and videos"));
  fill(dialog, "Per image", "0.02");
  await user.click(screen.getByRole("button", { name: "Save price" }));

  await vi.waitFor(() => expect(saved).toHaveBeenCalledOnce());
  const input: CreatePriceInput = saved.mock.calls[0]?.[0];
  expect(input.perImage).toBe("0.02");
  expect(input.longPrompts).toEqual([]);
  expect(input.serviceTiers).toMatchObject([
    { tier: "PRIORITY", longPrompts: [{ above: 272_000, inputPerMillion: "10" }] },
  ]);
});
