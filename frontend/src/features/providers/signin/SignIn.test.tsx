import { screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { GraphQLError } from "graphql";
import { afterEach, expect, test } from "vitest";
import { type Answers, renderPage } from "../../../test/render";
import { ProviderList } from "../ProviderList";
import { ImportAccounts } from "./ImportAccounts";

const claude = {
  __typename: "Provider",
  kind: "CLAUDE",
  displayName: "Claude",
  accounts: [],
};

const login = {
  __typename: "ProviderLogin",
  id: "l1",
  kind: "CLAUDE",
  mode: "PASTE",
  status: "PENDING",
  authorizeUrl: "https://claude.example/authorize",
  redirectUrl: "http://localhost:54545/callback",
  userCode: null,
  verificationUrl: null,
  verificationUrlComplete: null,
  expiresAt: "2099-01-01T00:00:00Z",
  error: null,
  account: null,
};

const device = {
  ...login,
  mode: "DEVICE",
  authorizeUrl: null,
  redirectUrl: null,
  userCode: "ABCD-1234",
  verificationUrl: "https://claude.example/device",
};

const succeeded = {
  ...login,
  status: "SUCCEEDED",
  account: { __typename: "ProviderAccount", id: "a1", label: "ada@example.org" },
};

function renderProviders(known: object, answers: Answers = {}) {
  renderPage(() => <ProviderList />, {
    Providers: () => ({ data: { providers: [claude] } }),
    PendingProviderLogins: () => ({ data: { pendingProviderLogins: [] } }),
    StartProviderLogin: () => ({ data: { startProviderLogin: { login: known } } }),
    ProviderLogin: () => ({ data: { providerLogin: known } }),
    ...answers,
  });
}

afterEach(() => history.replaceState(null, "", "/"));

test("an administrator signs in with the address that they paste back", async () => {
  const user = userEvent.setup();
  const pasted: unknown[] = [];
  renderProviders(login, {
    CompleteProviderLogin: ({ redirectUrl }) => {
      pasted.push(redirectUrl);
      return { data: { completeProviderLogin: { login: succeeded } } };
    },
  });

  await user.click(await screen.findByRole("button", { name: "Connect Claude account" }));
  const link = await screen.findByRole("link", { name: /Open Claude/ });
  expect(link.getAttribute("href")).toBe("https://claude.example/authorize");
  await user.type(screen.getByLabelText("URL"), "http://localhost:54545/callback?code=c");
  await user.click(screen.getByRole("button", { name: "Finish sign-in" }));

  expect(await screen.findByText("ada@example.org")).toBeDefined();
  expect(pasted).toEqual(["http://localhost:54545/callback?code=c"]);
});

test("a wrong address is explained, and stays for correction", async () => {
  const user = userEvent.setup();
  const wrong = new GraphQLError("this URL has no code", {
    extensions: { code: "BAD_INPUT" },
  });
  history.replaceState(null, "", "/?login=l1");
  renderProviders(login, {
    CompleteProviderLogin: () => ({ data: null, errors: [wrong] }),
  });

  await user.type(await screen.findByLabelText("URL"), "https://claude.example/authorize");
  await user.click(screen.getByRole("button", { name: "Finish sign-in" }));

  expect((await screen.findByRole("alert")).textContent).toContain("This URL has no code");
  expect(screen.getByLabelText<HTMLTextAreaElement>("URL").value).toBe(
    "https://claude.example/authorize",
  );
});

test("a device code is shown with the place to type it and the time that is left", async () => {
  history.replaceState(null, "", "/?login=l1");
  renderProviders(device);

  expect((await screen.findByLabelText("Code")).textContent).toBe("ABCD-1234");
  expect(screen.getByText("https://claude.example/device")).toBeDefined();
  expect(screen.getByRole("timer").textContent).toMatch(/^\d+:\d\d left$/);
});

test("what happens at the provider ends the sign-in by itself", async () => {
  history.replaceState(null, "", "/?login=l1");
  renderProviders(device, {
    ProviderLoginChanged: () => ({ data: { providerLoginChanged: succeeded } }),
  });

  expect(await screen.findByText("ada@example.org")).toBeDefined();
  expect(screen.queryByLabelText("Code")).toBeNull();
});

test("a sign-in can be called off, and begun again", async () => {
  const user = userEvent.setup();
  history.replaceState(null, "", "/?login=l1");
  renderProviders(login, {
    CancelProviderLogin: () => ({
      data: { cancelProviderLogin: { login: { ...login, status: "CANCELLED" } } },
    }),
  });

  await user.click(await screen.findByRole("button", { name: "Cancel sign-in" }));

  expect(await screen.findByText("Sign-in cancelled.")).toBeDefined();
  expect(screen.getByRole("button", { name: "Start again" })).toBeDefined();
});

test("a failed sign-in shows the server's reason", async () => {
  history.replaceState(null, "", "/?login=l1");
  renderProviders({ ...login, status: "FAILED", error: "Claude refused: start again" });

  expect((await screen.findByRole("alert")).textContent).toBe("Claude refused: start again");
});

test("a browser that comes back without a code is shown the reason", async () => {
  history.replaceState(null, "", "/?loginError=other-browser");
  renderProviders(login);

  expect((await screen.findByRole("alert")).textContent).toContain(
    "it was started in another browser",
  );
});

test("a sign-in that was left can be gone on with", async () => {
  const user = userEvent.setup();
  const left = { ...login, createdAt: "2026-11-22T12:00:00Z" };
  renderProviders(login, {
    PendingProviderLogins: () => ({ data: { pendingProviderLogins: [left] } }),
  });

  await user.click(await screen.findByRole("button", { name: "Continue" }));

  expect(await screen.findByLabelText("URL")).toBeDefined();
});

const found = {
  __typename: "ImportPreviewEntry",
  file: "auth.json",
  program: "Codex CLI",
  problem: null,
  account: {
    __typename: "ImportedAccount",
    kind: "CLAUDE",
    credential: "AUTH_FILE",
    identity: "ada@example.org",
    plan: "team",
    expiresAt: null,
    isRefreshable: true,
    existing: null,
  },
};

test("an import shows what the files hold, then what was imported and what was rejected", async () => {
  const user = userEvent.setup();
  const sent: unknown[] = [];
  renderPage(() => <ImportAccounts />, {
    ImportPreview: ({ files }) => {
      sent.push(files);
      const unknown = { ...found, file: "bad.json", program: "unknown", account: null };
      const rejected = { ...unknown, problem: "it is neither JSON nor YAML" };
      return { data: { importPreview: [found, rejected] } };
    },
    ImportAccounts: (variables) => {
      sent.push(variables);
      const accounts = [{ __typename: "ProviderAccount", id: "a1", label: "ada@example.org" }];
      const problems = [{ __typename: "ImportProblem", file: "bad.json", message: "is not JSON" }];
      return { data: { importProviderAccount: { accounts, problems } } };
    },
  });

  await user.click(screen.getByRole("button", { name: "Import accounts" }));
  const file = new File(["nonsense"], "bad.json", { type: "application/json" });
  await user.upload(await screen.findByLabelText("Files"), file);
  await user.type(screen.getByLabelText(/paste/), "tokens");
  await user.click(screen.getByRole("button", { name: "Continue" }));

  const files = [
    { name: "bad.json", content: "nonsense" },
    { name: "Pasted content", content: "tokens" },
  ];
  expect(await screen.findByText(/ada@example.org · team/)).toBeDefined();
  expect(screen.getByText("The file is neither JSON nor YAML. Upload it unchanged.")).toBeDefined();
  await user.selectOptions(screen.getByLabelText("Token refresh"), "none");
  await user.click(screen.getByRole("button", { name: "Import 1 account" }));

  expect(await screen.findByText("Imported: ada@example.org")).toBeDefined();
  expect((await screen.findByRole("alert")).textContent).toBe("bad.json: Is not JSON");
  expect(sent).toEqual([files, { files, withoutRefreshing: true }]);
});
