import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Outcome } from "../../graphql/generated/graphql";
import { tIfKnown } from "../../i18n";
import { reasonOf } from "./reason";

const of = (outcome: Outcome, httpStatus: number | null, errorCode: string | null = null) =>
  reasonOf({ outcome, httpStatus, errorCode });

test("a success has no reason", () => {
  expect(of("COMPLETED", 200)).toBeUndefined();
});

test("a rejection by a limit, a model or a body is the key's or the request's", () => {
  expect(of("REJECTED", 429, "proxypal_quota_exceeded")).toBe("limit");
  expect(of("REJECTED", 429, "proxypal_rate_limited")).toBe("limit");
  expect(of("REJECTED", 403, "proxypal_model_not_allowed")).toBe("model");
  expect(of("REJECTED", 400, "proxypal_model_ambiguous")).toBe("request");
});

test("a rejection that is no fault of the request does not blame it", () => {
  expect(of("REJECTED", 429, "proxypal_share_used")).toBe("share");
  expect(of("REJECTED", 429, "proxypal_account_stopped")).toBe("stopLine");
  expect(of("REJECTED", 429, "proxypal_account_busy")).toBe("busy");
  expect(of("REJECTED", 429, "proxypal_account_refused")).toBe("noAccount");
  expect(of("REJECTED", 401, "proxypal_key_expired")).toBe("keyInvalid");
});

test("each error of the gateway has a text", () => {
  const source = readFileSync("../server/src/gateway/dialect/error.rs", "utf8");
  const codes = source.match(/proxypal_\w+/g) ?? [];

  expect(codes.length).toBeGreaterThan(25);
  expect(codes.filter((code) => !tIfKnown(`requests.errors.${code}`))).toEqual([]);
});

test("an error of the provider is classified by its status", () => {
  expect(of("UPSTREAM_ERROR", 401, "invalid_api_key")).toBe("accountRefused");
  expect(of("UPSTREAM_ERROR", 429, "rate_limit_error")).toBe("accountLimit");
  expect(of("UPSTREAM_ERROR", 400, "invalid_request_error")).toBe("providerRequest");
  expect(of("UPSTREAM_ERROR", 529, "overloaded_error")).toBe("providerFailed");
  expect(of("UPSTREAM_ERROR", 200, "overloaded_error")).toBe("providerFailed");
});

test("a request that the engine has no account for is no error of a provider", () => {
  const failed = {
    outcome: "UPSTREAM_ERROR",
    httpStatus: 503,
    errorCode: "internal_server_error",
  } as const;
  const because = (errorMessage: string) => reasonOf({ ...failed, errorMessage });

  expect(because("unknown provider for model gpt-9")).toBe("unserved");
  expect(because("auth_unavailable: no auth available (providers=claude, model=m)")).toBe(
    "noAccount",
  );
  expect(because("overloaded")).toBe("providerFailed");
});

test("an engine that is down and a stopped server are the server's", () => {
  expect(of("UPSTREAM_ERROR", 503, "proxypal_engine_unavailable")).toBe("server");
  expect(of("UPSTREAM_ERROR", null, "engine_failed")).toBe("server");
  expect(of("INTERRUPTED", null, "stopping")).toBe("stopped");
  expect(of("INTERRUPTED", null, "revoked")).toBe("keyEnded");
  expect(of("CLIENT_GONE", null)).toBe("clientGone");
});
