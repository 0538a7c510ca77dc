import { afterEach, expect, test, vi } from "vitest";
import { createGraphqlClient } from "./client";
import { graphql } from "./generated";

const LogoutMutation = graphql(`
  mutation LogoutInTest {
    logout {
      signedOut
    }
  }
`);

function answer(body: unknown) {
  return new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });
}

const refused = { errors: [{ message: "stale", extensions: { code: "CSRF_FAILED" } }] };

/** A server that accepts only the token "fresh", and returns it with the session. */
function serve(request: RequestInit) {
  if (String(request.body).includes("csrfToken")) {
    // biome-ignore lint/suspicious/noDocumentCookie: this is what a Set-Cookie header does
    document.cookie = "csrf_token=fresh";
    return answer({ data: { session: { id: "1", csrfToken: "fresh" } } });
  }
  const token = new Headers(request.headers).get("X-CSRF-Token");
  return answer(token === "fresh" ? { data: { logout: { signedOut: true } } } : refused);
}

afterEach(() => {
  // biome-ignore lint/suspicious/noDocumentCookie: there is no other way in jsdom
  document.cookie = "csrf_token=; max-age=0";
  vi.unstubAllGlobals();
});

test("a refused token is renewed and the mutation sent once more", async () => {
  // biome-ignore lint/suspicious/noDocumentCookie: there is no other way in jsdom
  document.cookie = "csrf_token=stale";
  const fetch = vi.fn(async (_url: string, request: RequestInit) => serve(request));
  vi.stubGlobal("fetch", fetch);
  const { client } = createGraphqlClient({
    onUnauthenticated() {},
    onForbidden() {},
    onConnection() {},
  });

  const result = await client.mutation(LogoutMutation, {});

  expect(result.data?.logout.signedOut).toBe(true);
  expect(fetch).toHaveBeenCalledTimes(3);
});

test("a token that is rejected even when fresh is not retried endlessly", async () => {
  const fetch = vi.fn(async () => answer(refused));
  vi.stubGlobal("fetch", fetch);
  const { client } = createGraphqlClient({
    onUnauthenticated() {},
    onForbidden() {},
    onConnection() {},
  });

  const result = await client.mutation(LogoutMutation, {});

  expect(result.error?.graphQLErrors[0]?.extensions.code).toBe("CSRF_FAILED");
  expect(fetch).toHaveBeenCalledTimes(3);
});
