import { useSearchParams } from "@solidjs/router";
import { createAllowedMutation } from "../../../graphql/createMutation";
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
  const login = createAllowedMutation("startProviderLogin", StartProviderLoginMutation);

  const open = (id: string) => setSearch({ login: id, loginError: undefined });

  async function start(kind: ProviderKind) {
    const answer = await login()?.[1]({ kind });
    const data = answer?.data;
    if (data) open(data.startProviderLogin.login.id);
  }

  return {
    id: () => search.login,
    wrong: () => search.loginError,
    error: () => login()?.[0].error,
    isStarting: () => login()?.[0].fetching ?? false,
    open,
    start,
    close: () => setSearch({ login: undefined, loginError: undefined }, { replace: true }),
  };
}
