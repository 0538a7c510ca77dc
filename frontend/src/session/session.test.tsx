import { render, screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { App } from "../App";
import { SOME_PROVIDERS } from "../test/providers";
import { setProviders } from "../ui/providers";

const admin = { __typename: "Admin", id: "1", username: "admin", role: "OWNER" };
const session = { __typename: "Session", id: "s", admin };

/** A server that accepts one password and has no users. */
class FakeServer {
  setupRequired = false;
  isSignedIn = false;
  tellsProviders = true;
  askedForProviders = 0;

  answer(query: string, variables: Record<string, unknown>): unknown {
    if (query.includes("query Session")) return { data: this.whoIs() };
    if (query.includes("query SupportedProviders")) return this.providers();
    if (query.includes("mutation Login")) return this.login(variables.password);
    if (query.includes("mutation CompleteSetup")) return this.completeSetup();
    if (!this.isSignedIn) return this.refuse();
    if (!query.includes("query Users")) return { errors: [{ message: "unknown question" }] };
    return { data: { users: { totalCount: 0, nodes: [], pageInfo: { hasNextPage: false } } } };
  }

  private whoIs() {
    const { setupRequired } = this;
    const serverInfo = { version: "0", publicUrl: "", setupRequired, engineMode: "MANAGED" };
    return { session: this.isSignedIn ? session : null, serverInfo };
  }

  private providers() {
    this.askedForProviders += 1;
    if (!this.tellsProviders) return { errors: [{ message: "not now" }] };
    return { data: { supportedProviders: SOME_PROVIDERS } };
  }

  private login(password: unknown) {
    if (password !== "correct horse") return this.refuse();
    this.isSignedIn = true;
    return { data: { login: { session } } };
  }

  private completeSetup() {
    this.isSignedIn = true;
    return { data: { completeSetup: { session } } };
  }

  private refuse() {
    return { data: null, errors: [{ message: "no", extensions: { code: "UNAUTHENTICATED" } }] };
  }
}

let server = new FakeServer();

beforeEach(() => {
  server = new FakeServer();
  vi.stubGlobal("fetch", async (_url: string, request: RequestInit) => {
    const { query, variables } = JSON.parse(String(request.body));
    return new Response(JSON.stringify(server.answer(query, variables)), {
      headers: { "content-type": "application/json" },
    });
  });
});

afterEach(() => {
  setProviders(SOME_PROVIDERS);
  vi.unstubAllGlobals();
  history.replaceState(null, "", "/");
});

test("who is not signed in goes to the sign-in page, and then back to where they were", async () => {
  const user = userEvent.setup();
  history.replaceState(null, "", "/users?search=ada");
  render(() => <App />);

  await user.type(await screen.findByLabelText("Password"), "correct horse");
  await user.click(screen.getByRole("button", { name: "Sign in" }));

  expect(await screen.findByRole("heading", { name: "Users" })).toBeDefined();
  expect(location.pathname + location.search).toBe("/users?search=ada");
});

test("a wrong password is explained in plain words", async () => {
  const user = userEvent.setup();
  history.replaceState(null, "", "/login");
  render(() => <App />);

  await user.type(await screen.findByLabelText("Password"), "battery staple");
  await user.click(screen.getByRole("button", { name: "Sign in" }));

  expect((await screen.findByRole("alert")).textContent).toContain("Incorrect password");
});

test("a link to another site is not followed after signing in", async () => {
  server.isSignedIn = true;
  history.replaceState(null, "", "/login?from=//evil.example");
  render(() => <App />);

  await screen.findByRole("heading", { name: "Overview" });

  expect(location.pathname).toBe("/");
});

test("a new server shows where its set-up link is", async () => {
  server.setupRequired = true;
  history.replaceState(null, "", "/users");
  render(() => <App />);

  expect((await screen.findByRole("main")).textContent).toContain("one-time setup link");
});

test("the set-up link asks for a password of at least twelve characters", async () => {
  const user = userEvent.setup();
  server.setupRequired = true;
  history.replaceState(null, "", "/setup#token=once");
  render(() => <App />);

  await user.type(await screen.findByLabelText("Password"), "short");
  await user.click(screen.getByRole("button", { name: "Set up and sign in" }));

  expect((await screen.findByRole("alert")).textContent).toContain("7 more characters");
  expect(server.isSignedIn).toBe(false);
});

test("pages wait until the providers are known, which are loaded once", async () => {
  const user = userEvent.setup();
  setProviders([]);
  server.isSignedIn = true;
  server.tellsProviders = false;
  render(() => <App />);

  const again = await screen.findByRole("button", { name: "Try again" });
  expect(screen.queryByRole("heading", { name: "Overview" })).toBeNull();
  server.tellsProviders = true;
  await user.click(again);

  await screen.findByRole("heading", { name: "Overview" });
  expect(server.askedForProviders).toBe(2);
});
