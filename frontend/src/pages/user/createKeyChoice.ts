import { useSearchParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { graphql } from "../../graphql/generated";

const UserKeyNamesQuery = graphql(`
  query UserKeyNames($id: ID!) {
    user(id: $id) {
      id
      apiKeys {
        id
        name
        lastFour
        state
      }
    }
  }
`);

/** The selected key of a user, kept in the URL. */
export function createKeyChoice(userId: () => string) {
  const [search, setSearch] = useSearchParams<{ key?: string }>();
  const [answer] = createQuery({
    query: UserKeyNamesQuery,
    variables: () => ({ id: userId() }),
    context: { additionalTypenames: ["ApiKey"] },
  });
  const keys = () => answer.data?.user?.apiKeys ?? [];
  return {
    isKnown: () => answer.data !== undefined,
    error: () => answer.error,
    keys,
    options: () =>
      keys().map(({ id, name, lastFour }) => ({ value: id, label: `${name} (…${lastFour})` })),
    chosen: () => keys().find((key) => key.id === search.key),
    choose: (key: string | undefined) => setSearch({ key }, { replace: true, scroll: false }),
  };
}
