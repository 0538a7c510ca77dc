import { render, screen } from "@solidjs/testing-library";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { App } from "../../App";
import { keepUserKey } from "../../graphql/userKey";
import { SOME_PROVIDERS } from "../../test/providers";

const user = userEvent.setup();
const KEY = "sk-ada-0123";
const apiKey = { __typename: "ApiKey", id: "k1", name: "laptop", expiresAt: null };
const holder = {
  __typename: "KeyHolder",
  user: { __typename: "User", id: "u1", name: "Ada" },
  apiKey,
};
const asking = {
  __typename: "AgentSignInRequest",
  agent: "claude-code/2.1.332",
  surface: "claude_code",
  clientId: null,
  clientIp: "203.0.113.9",
  isOnThisMachine: false,
  isLongLived: false,
  createdAt: "2026-06-01T12:00:00Z",
  days: 90,
};
const serverInfo = { version: "0", publicUrl: "", setupRequired: false, engineMode: "DEMO" };

type Sent = { query: string; variables: Record<string, unknown> };
let sent: Sent[] = [];
let isKnown = true;

function answerTo({ query }: Sent, key: string): unknown {
  if (query.includes("query Session"))
    return { data: { session: null, viewer: key === KEY ? holder : null, serverInfo } };
  if (query.includes("query SupportedProviders"))
    return { data: { supportedProviders: SOME_PROVIDERS } };
  if (query.includes("query PendingAgentSignIn") && !isKnown)
    return { data: null, errors: [{ message: "no", extensions: { code: "NOT_FOUND" } }] };
  if (query.includes("query PendingAgentSignIn"))
    return { data: { viewer: { ...holder, agentSignInRequest: asking } } };
  const decided = { __typename: "Payload", id: "r1", redirectUrl: null };
  return { data: { confirmAgentSignIn: decided, denyAgentSignIn: decided } };
}

const named = (operation: string) => sent.filter(({ query }) => query.includes(operation));

beforeEach(() => {
  sent = [];
  isKnown = true;
  document.head.append(Object.assign(document.createElement("base"), { href: "/" }));
  history.replaceState(null, "", "/device?user_code=WDJB-MJHT");
  vi.stubGlobal("fetch", async (_url: string, request: RequestInit) => {
    const operation: Sent = JSON.parse(String(request.body));
    sent.push(operation);
    const key = new Headers(request.headers).get("authorization")?.replace("Bearer ", "") ?? "";
    return new Response(JSON.stringify(answerTo(operation, key)), {
      headers: { "content-type": "application/json" },
    });
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  sessionStorage.clear();
  document.querySelector("base")?.remove();
  history.replaceState(null, "", "/");
});

test("a user signs in with their key, checks the code and allows the agent", async () => {
  render(() => <App />);
  await user.type(await screen.findByLabelText("API key"), KEY);
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByDisplayValue("WDJB-MJHT")).toBeTruthy();
  // A code in the address is never sent by itself.
  expect(named("PendingAgentSignIn")).toEqual([]);

  await user.click(screen.getByRole("button", { name: "Continue" }));
  expect(await screen.findByText("Claude Code wants to sign in.")).toBeTruthy();
  expect(screen.getByText("203.0.113.9")).toBeTruthy();
  expect(named("mutation")).toEqual([]);
  await user.clear(screen.getByLabelText("Name of this sign-in"));
  await user.type(screen.getByLabelText("Name of this sign-in"), "my laptop");
  await user.click(screen.getByRole("button", { name: "Allow" }));

  expect(await screen.findByText(/Return to your agent/)).toBeTruthy();
  const [confirmed] = named("mutation ConfirmAgentSignIn");
  expect(confirmed?.variables).toEqual({ code: "WDJB-MJHT", name: "my laptop" });
});

test("a user denies an agent that someone else has started", async () => {
  keepUserKey(KEY);
  render(() => <App />);
  await user.click(await screen.findByRole("button", { name: "Continue" }));
  await user.click(await screen.findByRole("button", { name: "Deny" }));

  expect(await screen.findByText(/The agent was not signed in/)).toBeTruthy();
  expect(named("mutation ConfirmAgentSignIn")).toEqual([]);
});

test("after an unknown code another one can be entered", async () => {
  keepUserKey(KEY);
  isKnown = false;
  render(() => <App />);
  await user.click(await screen.findByRole("button", { name: "Continue" }));
  expect(await screen.findByText(/unknown, has expired or was used already/)).toBeTruthy();

  await user.click(screen.getByRole("button", { name: "Enter another code" }));
  expect(await screen.findByLabelText("Code")).toBeTruthy();
});
