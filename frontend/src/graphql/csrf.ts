import { Client, fetchExchange } from "@urql/core";
import type { AuthConfig, AuthUtilities } from "@urql/exchange-auth";
import { errorCode } from "./errors";
import { graphql } from "./generated";
import { keyAuthorization } from "./userKey";

const CsrfTokenQuery = graphql(`
  query CsrfToken {
    session {
      id
      csrfToken
    }
  }
`);

/** By default urql also accepts an event stream, in which the server cannot set a cookie. */
export const FETCH_OPTIONS = {
  credentials: "same-origin",
  headers: { accept: "application/graphql-response+json, application/json" },
} satisfies RequestInit;

/** The token that proves that a request is from this app and not from another site. */
export function csrfToken(): string | undefined {
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("csrf_token="));
  return cookie && decodeURIComponent(cookie.slice("csrf_token=".length));
}

/** Sends the token; if the server rejects it, fetches a new one and retries once. */
export function csrfAuth(url: string) {
  // A separate client: a renewal must not wait for the requests that wait for it.
  const renewal = new Client({
    url,
    preferGetMethod: false,
    fetchOptions: FETCH_OPTIONS,
    exchanges: [fetchExchange],
  });

  return async (utilities: AuthUtilities): Promise<AuthConfig> => {
    let renewed: string | undefined;
    return {
      addAuthToOperation(operation) {
        const Authorization = keyAuthorization();
        if (Authorization) return utilities.appendHeaders(operation, { Authorization });
        const token = renewed ?? csrfToken();
        return token ? utilities.appendHeaders(operation, { "X-CSRF-Token": token }) : operation;
      },
      didAuthError: (error) => errorCode(error) === "CSRF_FAILED",
      async refreshAuth() {
        const answer = await renewal.query(CsrfTokenQuery, {}).toPromise();
        // The response also sets the cookie, which is used from then on.
        renewed = csrfToken() ? undefined : (answer.data?.session?.csrfToken ?? undefined);
      },
    };
  };
}
