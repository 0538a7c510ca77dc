import { screen } from "@solidjs/testing-library";
import { beforeEach, expect, test } from "vitest";
import { renderPage } from "../../test/render";
import { Resolution } from "./Resolution";

beforeEach(() => window.history.replaceState(null, "", "/?name=m&user=u1"));

function account(id: string, status: string, statusReason: string | null = null) {
  const __typename = "ProviderAccount";
  return { __typename, id, label: id, kind: "CLAUDE", status, statusReason, coolingUntil: null };
}

function resolve(accounts: object[], offeringAccounts: object[] = []) {
  renderPage(Resolution, {
    ResolveChoices: () => ({ data: { models: [], users: { nodes: [{ id: "u1" }] } } }),
    ResolveModel: () => ({
      data: {
        resolveModel: {
          name: "m",
          servedModel: "m",
          problem: null,
          providers: ["CLAUDE"],
          alias: null,
          accounts,
          offeringAccounts,
          price: null,
        },
      },
    }),
  });
}

test("a model whose only account is dead does not look available", async () => {
  resolve([account("work", "FAILING", "the provider rejected the credentials (HTTP 401)")]);

  expect((await screen.findByRole("alert")).textContent).toContain("none of its accounts works");
  expect(screen.getByText("The provider rejected the credentials (HTTP 401).")).toBeDefined();
});

test("an account that would not serve the request is named with the reason", async () => {
  const reserved = { __typename: "ProviderAccount", id: "r", label: "reserved" };
  resolve(
    [account("work", "ACTIVE")],
    [
      { excludedBecause: null, account: account("work", "ACTIVE") },
      { excludedBecause: "NOT_PERMITTED", account: reserved },
    ],
  );

  const excluded = await screen.findByText("reserved");
  expect(excluded.textContent).toContain("not in a group that the user may use");
  expect(screen.getAllByText("work")).toHaveLength(1);
});

test("a model with a dead account among others is available with a warning", async () => {
  resolve([account("work", "REFRESH_FAILED"), account("home", "ACTIVE")]);

  expect((await screen.findByRole("note")).textContent).toContain("not all of its accounts work");
});

test("a model whose accounts work is available", async () => {
  resolve([account("work", "ACTIVE"), account("home", "UNKNOWN")]);

  expect(await screen.findByText("Routed to m")).toBeDefined();
});
