import { createQuery } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { ProviderKind } from "../../graphql/generated/graphql";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Notice } from "../../ui/Notice";
import { AddApiKeyDialog, type ApiKeyProvider } from "./AddApiKeyDialog";
import { ProviderCard } from "./ProviderCard";
import { createSignIn } from "./signin/createSignIn";
import { PendingSignIns } from "./signin/PendingSignIns";
import { SignInDialog } from "./signin/SignInDialog";
import { explainReturn } from "./signin/words";

const ProvidersQuery = graphql(`
  query Providers {
    providers {
      kind
      displayName
      ...ProviderCard
      ...AddApiKey
    }
  }
`);

/** Every provider with its accounts, and the sign-ins that bring more. */
export function ProviderList() {
  const [providers, ask] = createQuery({
    query: ProvidersQuery,
    context: { additionalTypenames: ["ProviderAccount"] },
  });
  const [chosen, setChosen] = createSignal<ApiKeyProvider>();
  const signIn = createSignIn();
  const nameOf = (kind: ProviderKind) =>
    providers.data?.providers.find((provider) => provider.kind === kind)?.displayName ?? kind;

  return (
    <>
      <ErrorNotice error={providers.error} />
      <ErrorNotice error={signIn.error()} />
      <Show when={signIn.wrong()}>
        {(word) => <Notice tone="bad">{explainReturn(word())}</Notice>}
      </Show>
      <Show when={providers.fetching && !providers.data}>
        <Loading />
      </Show>
      <Show when={providers.data}>
        <PendingSignIns openId={signIn.id()} nameOf={nameOf} onOpen={signIn.open} />
      </Show>
      <For each={providers.data?.providers}>
        {(provider) => (
          <ProviderCard
            provider={provider}
            isStarting={signIn.isStarting()}
            onAdd={() => setChosen(provider)}
            onSignIn={() => void signIn.start(provider.kind)}
          />
        )}
      </For>
      <AddApiKeyDialog provider={chosen()} onClose={() => setChosen(undefined)} />
      <Show when={signIn.id()} keyed>
        {(id) => (
          <SignInDialog
            id={id}
            nameOf={nameOf}
            // What comes live names no list, so the cache cannot tell that this one has grown.
            onSucceeded={() => ask({ requestPolicy: "network-only" })}
            onAgain={(kind) => void signIn.start(kind)}
            onClose={signIn.close}
          />
        )}
      </Show>
    </>
  );
}
