import { createQuery } from "@urql/solid";
import { errorCode } from "../graphql/errors";
import { graphql } from "../graphql/generated";

const KeyBySecretQuery = graphql(`
  query KeyBySecret($secret: String!) {
    apiKeyBySecret(secret: $secret) {
      id
      name
      prefix
      lastFour
      state
      user {
        id
        name
      }
      ...FoundKey
    }
  }
`);

/** Looks up who has a whole API key, while there is one. It is sent to the server and kept nowhere. */
export function createKeyLookup(secret: () => string | undefined) {
  const [answer] = createQuery({
    query: KeyBySecretQuery,
    variables: () => ({ secret: secret() ?? "" }),
    pause: () => secret() === undefined,
    requestPolicy: "network-only",
    context: { additionalTypenames: ["ApiKey"] },
  });
  const isAnswered = () =>
    secret() !== undefined && answer.operation?.variables.secret === secret();
  // Refused by its shape: mistyped, cut off, or of another server.
  const isMalformed = () => isAnswered() && errorCode(answer.error) === "BAD_USER_INPUT";
  return {
    found: () => (isAnswered() ? (answer.data?.apiKeyBySecret ?? undefined) : undefined),
    isMalformed,
    isUnknown: () => isAnswered() && answer.data?.apiKeyBySecret === null,
    error: () => (isAnswered() && !isMalformed() ? answer.error : undefined),
    isSearching: () => secret() !== undefined && (!isAnswered() || answer.fetching),
  };
}

/** The result of looking up a key. */
export type KeyLookup = ReturnType<typeof createKeyLookup>;
