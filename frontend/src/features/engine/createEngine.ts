import { createQuery } from "@urql/solid";
import { createEffect, createSignal, on } from "solid-js";
import { createAgain } from "../../graphql/createAgain";
import { createFeed } from "../../graphql/createFeed";
import { graphql } from "../../graphql/generated";
import type { EngineChangedSubscription } from "../../graphql/generated/graphql";
import { reconnects } from "../../graphql/reconnects";

const EngineQuery = graphql(`
  query Engine {
    engine {
      ...EngineStatus
      ...EngineControls
      ...EngineCatalog
      ...EngineProcesses
    }
  }
`);

const EngineChangedDocument = graphql(`
  subscription EngineChanged {
    engineChanged {
      ...EngineStatus
      ...EngineControls
      ...EngineCatalog
      ...EngineProcesses
    }
  }
`);

/** The engine's current state: queried once, then updated by a subscription. */
export function createEngine() {
  const [query, ask] = createQuery({ query: EngineQuery });
  const [changed, setChanged] = createSignal<EngineChangedSubscription["engineChanged"]>();
  createFeed(
    EngineChangedDocument,
    {},
    ({ engineChanged }) => setChanged(engineChanged),
    createAgain(query, ask),
  );
  // After a reconnect the repeated query is newer than the last event.
  createEffect(on(reconnects, () => setChanged(undefined), { defer: true }));
  return {
    engine: () => changed() ?? query.data?.engine,
    error: () => query.error,
  };
}
