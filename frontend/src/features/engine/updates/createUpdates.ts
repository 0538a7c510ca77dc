import { createQuery } from "@urql/solid";
import { createEffect, createSignal, on } from "solid-js";
import { createFeed } from "../../../graphql/createFeed";
import { graphql } from "../../../graphql/generated";
import type {
  EngineUpdateChangedSubscription,
  EngineUpdatesQuery,
} from "../../../graphql/generated/graphql";

const EngineUpdatesQueryDoc = graphql(`
  query EngineUpdates {
    engine {
      mode
      version
    }
    engineUpdates {
      feed
      testedVersion
      installedVersion
      installedAt
      canRollBack
      previousVersion
      checkedAt
      last {
        version
        kind
        endedAt
        succeeded
        reason
        failedChecks {
          name
          expected
          found
        }
      }
      progress {
        phase
        version
        downloadedBytes
        totalBytes
      }
      releases {
        version
        notes
        publishedAt
        isPrerelease
        isTested
        isRunning
        canInstall
        sizeBytes
      }
    }
  }
`);

const EngineUpdateChangedDocument = graphql(`
  subscription EngineUpdateChanged {
    engineUpdateChanged {
      phase
      version
      downloadedBytes
      totalBytes
    }
  }
`);

/** The installed versions and the known releases of the engine. */
export type Updates = EngineUpdatesQuery["engineUpdates"];

/** A release of the feed. */
export type Release = Updates["releases"][number];

/** How the last update ended. */
export type Outcome = NonNullable<Updates["last"]>;

/** The progress of an update. */
export type Progress = EngineUpdateChangedSubscription["engineUpdateChanged"];

/** The versions of the engine: queried again when an update ends, with the live progress. */
export function createUpdates() {
  const [query, refetch] = createQuery({ query: EngineUpdatesQueryDoc });
  const [live, setLive] = createSignal<Progress>();
  createFeed(EngineUpdateChangedDocument, {}, ({ engineUpdateChanged }) =>
    setLive(engineUpdateChanged),
  );
  const progress = () => live() ?? query.data?.engineUpdates.progress;
  const reload = () => refetch({ requestPolicy: "network-only" });
  createEffect(
    on(
      () => progress()?.phase,
      (phase, before) => {
        if (before && before !== "IDLE" && phase === "IDLE") reload();
      },
    ),
  );
  return {
    updates: () => query.data?.engineUpdates,
    engine: () => query.data?.engine,
    progress,
    reload,
    error: () => query.error,
  };
}
