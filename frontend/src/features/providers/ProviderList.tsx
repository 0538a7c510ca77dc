import { createQuery } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { AddApiKeyDialog, type ApiKeyProvider } from "./AddApiKeyDialog";
import { ProviderCard } from "./ProviderCard";

const ProvidersQuery = graphql(`
  query Providers {
    providers {
      kind
      ...ProviderCard
      ...AddApiKey
    }
  }
`);

/** Every provider with its accounts. */
export function ProviderList() {
  const [providers] = createQuery({
    query: ProvidersQuery,
    context: { additionalTypenames: ["ProviderAccount"] },
  });
  const [chosen, setChosen] = createSignal<ApiKeyProvider>();
  return (
    <>
      <ErrorNotice error={providers.error} />
      <Show when={providers.fetching && !providers.data}>
        <Loading />
      </Show>
      <For each={providers.data?.providers}>
        {(provider) => <ProviderCard provider={provider} onAdd={() => setChosen(provider)} />}
      </For>
      <AddApiKeyDialog provider={chosen()} onClose={() => setChosen(undefined)} />
    </>
  );
}
