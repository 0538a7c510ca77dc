import { useSearchParams } from "@solidjs/router";
import { createMutation } from "@urql/solid";
import { graphql } from "../../../graphql/generated";
import type { ProviderKind } from "../../../graphql/generated/graphql";

const StartProviderLoginMutation = graphql(`
  mutation StartProviderLogin($kind: ProviderKind!) {
    startProviderLogin(input: { kind: $kind }) {
      login {
        id
      }
    }
  }
`);

/** Starts sign-ins. The open one is kept in the URL, to which providers redirect the browser. */
export function createSignIn() {
  const [search, setSearch] = useSearchParams<{ login?: string; loginError?: string }>();
  const [starting, startLogin] = createMutation(StartProviderLoginMutation);

  const open = (id: string) => setSearch({ login: id, loginError: undefined });

  async function start(kind: ProviderKind) {
    const { data } = await startLogin({ kind });
    if (data) open(data.startProviderLogin.login.id);
  }

  return {
    id: () => search.login,
    wrong: () => search.loginError,
    error: () => starting.error,
    isStarting: () => starting.fetching,
    open,
    start,
    close: () => setSearch({ login: undefined, loginError: undefined }, { replace: true }),
  };
}
