import { useClient } from "@urql/solid";
import { type Accessor, createEffect, createSignal, onCleanup } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { PlaygroundRecordQuery } from "../../graphql/generated/graphql";

const PlaygroundRecordDocument = graphql(`
  query PlaygroundRecord($id: ID!) {
    request(id: $id) {
      id
      outcome
      durationMs
      timeToFirstByteMs
      cost
      unpriced
      usageSource
      tokens {
        input
        cacheRead
        cacheWrite
        output
        reasoning
        total
      }
    }
  }
`);

const PAUSE_MS = 500;
const TRIES = 20;

/** What was recorded of a request. */
export type Recorded = NonNullable<PlaygroundRecordQuery["request"]>;

/** Looks for a request's row once its answer has ended, until it is settled. */
export function createRecord(id: Accessor<string | undefined>, isOver: Accessor<boolean>) {
  const client = useClient();
  const [record, setRecord] = createSignal<Recorded>();
  const [isLate, setLate] = createSignal(false);

  createEffect(() => {
    const wanted = id();
    setRecord(undefined);
    setLate(false);
    if (!wanted || !isOver()) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isGone = false;
    const look = async (left: number) => {
      const policy = { requestPolicy: "network-only" } as const;
      const answer = await client.query(PlaygroundRecordDocument, { id: wanted }, policy);
      if (isGone) return;
      if (answer.data?.request) setRecord(answer.data.request);
      else if (left === 0) setLate(true);
      else timer = setTimeout(() => void look(left - 1), PAUSE_MS);
    };
    void look(TRIES);
    onCleanup(() => {
      isGone = true;
      clearTimeout(timer);
    });
  });
  return { record, isLate };
}
