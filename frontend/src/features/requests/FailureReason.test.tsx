import { screen } from "@solidjs/testing-library";
import { beforeEach, expect, test } from "vitest";
import { type Answers, renderPage } from "../../test/render";
import { OwnRequestDrawer } from "./OwnRequestDrawer";
import { RequestDrawer } from "./RequestDrawer";

function failed(more: object) {
  return {
    __typename: "Request",
    id: "r",
    startedAt: "2026-11-22T12:00:00Z",
    finishedAt: "2026-11-22T12:00:01Z",
    durationMs: 1000,
    timeToFirstByteMs: null,
    model: "m",
    servedModel: null,
    endpoint: "POST /v1/messages",
    protocol: "ANTHROPIC_MESSAGES",
    provider: "CLAUDE",
    streamed: false,
    connectionId: null,
    httpStatus: 401,
    outcome: "UPSTREAM_ERROR",
    errorCode: "authentication_error",
    errorMessage: "invalid <b>key</b>",
    rejectedBy: null,
    attempts: [],
    clientIp: null,
    userAgent: null,
    cost: "0",
    unpriced: false,
    usageSource: "WIRE",
    reconciliation: null,
    tokens: null,
    price: null,
    user: { __typename: "User", id: "u1", name: "Ada" },
    apiKey: { __typename: "ApiKey", id: "k1", name: "laptop", lastFour: "abcd" },
    account: { __typename: "ProviderAccount", id: "a1", label: "team@work" },
    ...more,
  };
}

function open(request: object) {
  const answers: Answers = { RequestDetail: () => ({ data: { request } }) };
  renderPage(() => <RequestDrawer id="r" onClose={() => undefined} />, answers);
}

beforeEach(() => window.history.replaceState(null, "", "/"));

test("a failure shows its reason, the message as text and links to the same failures", async () => {
  open(failed({}));

  expect(
    await screen.findByText("The provider rejected the credentials or the plan of the account.", {
      exact: false,
    }),
  ).toBeDefined();
  expect(screen.getByText("invalid <b>key</b>")).toBeDefined();
  const addresses = screen.getAllByRole("link").map((link) => link.getAttribute("href"));
  expect(addresses).toEqual(
    expect.arrayContaining([
      "/requests?model=m",
      "/requests?status=401",
      "/requests?code=authentication_error",
      "/requests?account=a1",
      "/requests?endpoint=POST+%2Fv1%2Fmessages",
      "/requests?user=u1&key=k1",
      "/users/u1",
    ]),
  );
});

test("a rejection shows the limit, its use and when it resets", async () => {
  open(
    failed({
      outcome: "REJECTED",
      httpStatus: 429,
      errorCode: "proxypal_quota_exceeded",
      errorMessage: null,
      rejectedBy: {
        __typename: "LimitRejection",
        kind: "QUOTA_TOKENS",
        scope: "KEY",
        limit: 1000,
        used: 990,
        reserved: 5,
        needed: 20,
        resetsAt: null,
        window: "DAY",
        rollingSeconds: null,
        timezone: "Asia/Ho_Chi_Minh",
        provider: null,
        modelPattern: "claude-*",
      },
    }),
  );

  expect(await screen.findByText("Token quota, daily")).toBeDefined();
  expect(screen.getByText("Limit of the key")).toBeDefined();
  expect(screen.getByRole("meter").getAttribute("aria-valuetext")).toBe("990 / 1,000");
  for (const text of ["20 tokens", "claude-*", "Calendar of Asia/Ho_Chi_Minh"]) {
    expect(screen.getByText(text)).toBeDefined();
  }
});

test("the attempts show each account with its status", async () => {
  const attempt = (label: string, httpStatus: number | null, succeeded = false) => ({
    __typename: "RequestAttempt",
    provider: "CLAUDE",
    succeeded,
    httpStatus,
    message: succeeded ? null : `no ${label}`,
    account: { __typename: "ProviderAccount", id: label, label },
  });
  open(failed({ attempts: [attempt("one", 429), attempt("two", null)] }));

  expect(await screen.findByRole("heading", { name: "Attempts" })).toBeDefined();
  const items = screen.getAllByRole("listitem").map((item) => item.textContent);
  expect(items).toEqual(["429oneClaudeno one", "No responsetwoClaudeno two"]);
});

test("the holder of a key reads whether their key is at fault, and nothing about accounts", async () => {
  const own = failed({ account: null });
  renderPage(() => <OwnRequestDrawer id="r" onClose={() => undefined} />, {
    OwnRequest: () => ({ data: { viewer: { __typename: "KeyHolder", request: own } } }),
  });

  expect(
    await screen.findByText("Your key is fine. The provider rejected this server’s account", {
      exact: false,
    }),
  ).toBeDefined();
  expect(screen.getByRole("dialog").textContent).not.toMatch(/Account|team@work/);
  const addresses = screen.getAllByRole("link").map((link) => link.getAttribute("href"));
  expect(addresses.every((address) => address?.startsWith("/me/requests?"))).toBe(true);
});
