import type { CombinedError } from "@urql/core";
import { useClient } from "@urql/solid";
import { batch, createSignal, onCleanup, onMount } from "solid-js";
import { createMutation } from "../../../graphql/createMutation";
import { type FragmentType, graphql, readFragment } from "../../../graphql/generated";
import type { ProviderLoginFactsFragment } from "../../../graphql/generated/graphql";

const ProviderLoginFactsFragmentDocument = graphql(`
  fragment ProviderLoginFacts on ProviderLogin {
    id
    kind
    mode
    status
    authorizeUrl
    redirectUrl
    userCode
    verificationUrl
    verificationUrlComplete
    expiresAt
    error
    account {
      id
      label
    }
  }
`);

const ProviderLoginQuery = graphql(`
  query ProviderLogin($id: ID!) {
    providerLogin(id: $id) {
      id
      ...ProviderLoginFacts
    }
  }
`);

const ProviderLoginChangedSubscription = graphql(`
  subscription ProviderLoginChanged($id: ID!) {
    providerLoginChanged(id: $id) {
      id
      ...ProviderLoginFacts
    }
  }
`);

const CompleteProviderLoginMutation = graphql(`
  mutation CompleteProviderLogin($id: ID!, $redirectUrl: String!) {
    completeProviderLogin(id: $id, redirectUrl: $redirectUrl) {
      login {
        id
        ...ProviderLoginFacts
      }
    }
  }
`);

const CancelProviderLoginMutation = graphql(`
  mutation CancelProviderLogin($id: ID!) {
    cancelProviderLogin(id: $id) {
      login {
        id
        ...ProviderLoginFacts
      }
    }
  }
`);

/** A sign-in at a provider; undefined until it is loaded. */
export type ProviderLogin = ProviderLoginFactsFragment;

type Facts = FragmentType<typeof ProviderLoginFactsFragmentDocument>;

/** Whether a sign-in has ended, successfully or not. */
export function isOver(login: ProviderLogin): boolean {
  return login.status !== "PENDING" && login.status !== "COMPLETING";
}

/** Follows one sign-in, and offers its actions. */
export function createProviderLogin(id: string, onSucceeded: () => void) {
  const client = useClient();
  const [, sendComplete] = createMutation(CompleteProviderLoginMutation);
  const [, sendCancel] = createMutation(CancelProviderLoginMutation);
  const [login, setLogin] = createSignal<ProviderLogin>();
  const [isMissing, setMissing] = createSignal(false);
  const [isBusy, setBusy] = createSignal(false);
  const [error, setError] = createSignal<CombinedError>();

  function learn(facts: Facts) {
    const next = readFragment(ProviderLoginFactsFragmentDocument, facts);
    // A late response must not replace the final state.
    setLogin((known) => (known && isOver(known) && !isOver(next) ? known : next));
    if (next.status === "SUCCEEDED") onSucceeded();
  }

  async function ask() {
    const policy = { requestPolicy: "network-only" } as const;
    const answer = await client.query(ProviderLoginQuery, { id }, policy);
    batch(() => {
      if (answer.error) setError(answer.error);
      if (answer.data?.providerLogin) learn(answer.data.providerLogin);
      else if (answer.data) setMissing(true);
    });
  }

  async function change<Result extends { data?: unknown; error?: CombinedError }>(
    request: PromiseLike<Result>,
    loginOf: (result: Result) => Facts | undefined,
  ) {
    setBusy(true);
    const result = await request;
    const facts = loginOf(result);
    batch(() => {
      setBusy(false);
      setError(result.error);
      if (facts) learn(facts);
    });
    // The rejection may have ended the sign-in, which must be shown even without a live connection.
    if (result.error) await ask();
  }

  onMount(() => {
    const onOpen = () => void ask();
    const changes = client.subscription(ProviderLoginChangedSubscription, { id }, { onOpen });
    const { unsubscribe } = changes.subscribe(
      ({ data }) => data && learn(data.providerLoginChanged),
    );
    onCleanup(unsubscribe);
    void ask();
  });

  return {
    login,
    isMissing,
    isBusy,
    error,
    complete: (redirectUrl: string) =>
      change(sendComplete({ id, redirectUrl }), ({ data }) => data?.completeProviderLogin.login),
    cancel: () => change(sendCancel({ id }), ({ data }) => data?.cancelProviderLogin.login),
  };
}
