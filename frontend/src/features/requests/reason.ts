import type { Outcome } from "../../graphql/generated/graphql";

/** The cause of a failure by who can remedy it: each has a sentence for administrators and one for the key's holder. */
export type Reason =
  | "limit"
  | "model"
  | "unserved"
  | "noAccount"
  | "price"
  | "accountGroup"
  | "share"
  | "stopLine"
  | "busy"
  | "keyInvalid"
  | "request"
  | "keyEnded"
  | "accountRefused"
  | "accountLimit"
  | "providerRequest"
  | "providerFailed"
  | "server"
  | "stopped"
  | "clientGone";

type Failed = {
  outcome: Outcome;
  httpStatus: number | null;
  errorCode: string | null;
  errorMessage?: string | null;
};

const GATEWAY_REASONS: Record<string, Reason> = {
  proxypal_rate_limited: "limit",
  proxypal_quota_exceeded: "limit",
  proxypal_unbounded: "limit",
  proxypal_unpriced: "price",
  proxypal_model_not_allowed: "model",
  proxypal_account_not_allowed: "accountGroup",
  proxypal_account_stopped: "stopLine",
  proxypal_account_busy: "busy",
  // Its provider has refused each of them.
  proxypal_account_refused: "noAccount",
  proxypal_share_used: "share",
  proxypal_unknown_key: "keyInvalid",
  proxypal_revoked: "keyInvalid",
  proxypal_key_expired: "keyInvalid",
  proxypal_key_replaced: "keyInvalid",
  proxypal_user_disabled: "keyInvalid",
  proxypal_user_archived: "keyInvalid",
  proxypal_engine_unavailable: "server",
  proxypal_engine_failed: "server",
  proxypal_engine_too_slow: "providerFailed",
  proxypal_overloaded: "server",
  engine_failed: "server",
  handshake_failed: "server",
  // The engine has no account left to try.
  model_cooldown: "accountLimit",
  revoked: "keyEnded",
};

/** How the engine's messages begin when it asks no provider; its codes for them are general. */
const ENGINE_REASONS: readonly [string, Reason][] = [
  ["unknown provider for model", "unserved"],
  ["auth_unavailable:", "noAccount"],
  ["auth_not_found:", "noAccount"],
];

function ofStatus(status: number | null): Reason {
  if (status === null) return "providerFailed";
  if (status === 401 || status === 402 || status === 403) return "accountRefused";
  if (status === 429) return "accountLimit";
  return status >= 400 && status < 500 ? "providerRequest" : "providerFailed";
}

/** Why a request did not succeed; undefined if it did. */
export function reasonOf(request: Failed): Reason | undefined {
  if (request.outcome === "COMPLETED") return undefined;
  if (request.outcome === "CLIENT_GONE") return "clientGone";
  const ofEngine = ENGINE_REASONS.find(([start]) => request.errorMessage?.startsWith(start));
  if (ofEngine) return ofEngine[1];
  const known = GATEWAY_REASONS[request.errorCode ?? ""];
  if (known) return known;
  if (request.outcome === "REJECTED") return "request";
  if (request.outcome === "INTERRUPTED") return "stopped";
  return ofStatus(request.httpStatus);
}
