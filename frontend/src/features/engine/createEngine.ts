import { createQuery, createSubscription } from "@urql/solid";
import { graphql } from "../../graphql/generated";

const EngineQuery = graphql(`
  query Engine {
    engine {
      ...EngineStatus
      ...EngineControls
    }
  }
`);

const EngineChangedSubscription = graphql(`
  subscription EngineChanged {
    engineChanged {
      ...EngineStatus
      ...EngineControls
    }
  }
`);

/** The engine as it is now: asked once, then told of every change. */
export function createEngine() {
  const [query] = createQuery({ query: EngineQuery });
  const [changes] = createSubscription({ query: EngineChangedSubscription });
  return {
    engine: () => changes.data?.engineChanged ?? query.data?.engine,
    error: () => query.error,
  };
}
