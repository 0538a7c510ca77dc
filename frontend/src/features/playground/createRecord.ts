import { useClient } from "@urql/solid";
import { createEffect, createSignal, on, onCleanup } from "solid-js";
import { graphql, readFragment } from "../../graphql/generated";
import type { PlaygroundRowFragment } from "../../graphql/generated/graphql";
import type { Run, RunState } from "./createRun";

const PlaygroundRowDocument = graphql(`
  fragment PlaygroundRow on Request {
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
    apiKey {
      id
      lastFour
    }
  }
`);

const PlaygroundRecordDocument = graphql(`
  query PlaygroundRecord($id: ID!) {
    request(id: $id) {
      ...PlaygroundRow
    }
  }
`);

const PlaygroundLoggedDocument = graphql(`
  subscription PlaygroundLogged($filter: RequestFilter, $after: String) {
    requestLogged(filter: $filter, after: $after) {
      cursor
      request {
        ...PlaygroundRow
      }
    }
  }
`);

const POLL_MS = 500;
const POLLS = 20;
const ENDED: ReadonlySet<RunState> = new Set(["done", "refused", "stopped"]);

/** The request record, once it is settled. */
export type Recorded = PlaygroundRowFragment;

/**
 * Finds the row of the request that the playground sent. The server may read a stopped response to its end for
 * minutes, so beside polling for the id it follows the log. A request that was stopped before its first byte has
 * no id yet: it is recognised by its model and key.
 */
export function createRecord(run: Run) {
  const client = useClient();
  const [record, setRecord] = createSignal<Recorded>();
  const [isLate, setLate] = createSignal(false);
  const isOver = () => ENDED.has(run.state());

  function isOurs(row: Recorded): boolean {
    const id = run.requestId();
    if (id !== undefined) return row.id === id;
    return run.state() === "stopped" && row.apiKey.lastFour === run.sent()?.lastFour;
  }

  createEffect(
    on(run.sent, (sent) => {
      setRecord(undefined);
      setLate(false);
      if (!sent) return;
      const variables = { filter: { model: sent.model }, after: null };
      const { unsubscribe } = client
        .subscription(PlaygroundLoggedDocument, variables)
        .subscribe(({ data }) => {
          const row = data && readFragment(PlaygroundRowDocument, data.requestLogged.request);
          if (row && isOurs(row)) setRecord(row);
        });
      onCleanup(unsubscribe);
    }),
  );

  createEffect(
    on([run.requestId, isOver], ([id]) => {
      if (!isOver() || run.fault()?.isUnknownKey) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      let isGone = false;
      const look = async (left: number) => {
        const policy = { requestPolicy: "network-only" } as const;
        const answer = id && (await client.query(PlaygroundRecordDocument, { id }, policy));
        if (isGone || record()) return;
        const row = answer ? readFragment(PlaygroundRowDocument, answer.data?.request) : undefined;
        if (row) setRecord(row);
        else if (left === 0) setLate(true);
        else timer = setTimeout(() => void look(left - 1), POLL_MS);
      };
      void look(POLLS);
      onCleanup(() => {
        isGone = true;
        clearTimeout(timer);
      });
    }),
  );
  return { record, isLate, isNever: () => run.fault()?.isUnknownKey === true };
}

/** The record, or why it is missing. */
export type RunRecord = ReturnType<typeof createRecord>;
