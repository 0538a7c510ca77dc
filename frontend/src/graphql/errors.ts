import type { CombinedError } from "@urql/core";

/** An error in words: what happened, and what helps. */
export type Explanation = { cause: string; cure?: string; requestId?: string };

/** The stable code of the first error that the server sent. */
export function errorCode(error: CombinedError | undefined): string | undefined {
  const code = error?.graphQLErrors[0]?.extensions.code;
  return typeof code === "string" ? code : undefined;
}

const CURES: Record<string, string> = {
  UNAUTHENTICATED: "Sign in again.",
  FORBIDDEN: "Your role does not allow this. Ask an owner of this server.",
  NOT_FOUND: "It may have been removed in the meantime. Reload the page.",
  CONFLICT: "Reload to see the present state, then try again.",
  RATE_LIMITED: "Wait a minute, then try again.",
  CSRF_FAILED: "Reload the page, then try again.",
  ENGINE_UNAVAILABLE: "Look at the engine's page for its state and its log.",
  PROVIDER_ERROR: "Check the account with its provider.",
};

/** Puts an error into words for people. */
export function explain(error: CombinedError): Explanation {
  if (error.networkError) {
    return {
      cause: "The server cannot be reached.",
      cure: "Check that it is running and that you are online, then try again.",
    };
  }
  const first = error.graphQLErrors[0];
  const code = errorCode(error);
  if (code === "INTERNAL") {
    const requestId = first?.extensions.requestId;
    return {
      cause: "Something went wrong inside the server.",
      cure: "Its log tells the cause under this request id.",
      requestId: typeof requestId === "string" ? requestId : undefined,
    };
  }
  return { cause: first?.message ?? error.message, cure: code ? CURES[code] : undefined };
}
