import { createQuery } from "@urql/solid";
import { createAgain } from "../../graphql/createAgain";
import { createFeed } from "../../graphql/createFeed";
import { graphql } from "../../graphql/generated";
import { createEvery } from "../../lib/createEvery";

const ProvidersQuery = graphql(`
  query Providers {
    providers {
      kind
      displayName
      accounts {
        id
      }
      ...ProviderCard
      ...AddApiKey
    }
  }
`);

const ProviderAccountChangedSubscription = graphql(`
  subscription ProviderAccountChanged {
    providerAccountChanged {
      id
      updatedAt
    }
  }
`);

/** All providers and accounts; queried again after each change. */
export function createProviders() {
  const [providers, ask] = createQuery({
    query: ProvidersQuery,
    context: { additionalTypenames: ["ProviderAccount"] },
  });
  // An event contains no list, so the cache cannot know that the list has changed.
  const again = createAgain(providers, ask);
  createFeed(ProviderAccountChangedSubscription, {}, again, again);
  // Only the engine knows whether an account is cooling down, and it does not publish changes: poll it.
  createEvery(again);
  return { providers, again };
}
