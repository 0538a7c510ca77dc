import { createQuery } from "@urql/solid";
import { createEffect, createMemo, createSignal, on } from "solid-js";
import { createAgain } from "../graphql/createAgain";
import { graphql } from "../graphql/generated";
import { reconnects } from "../graphql/reconnects";
import { followAlerts } from "./followAlerts";

const AlertCountQuery = graphql(`
  query AlertCount {
    alerts(filter: { open: true, acknowledged: false }, first: 1) {
      totalCount
    }
  }
`);

/** The number of open alerts that are not acknowledged; undefined until the server has responded. */
export function createAlertCount(): () => number | undefined {
  const [query, ask] = createQuery({ query: AlertCountQuery });
  const [pushed, setPushed] = createSignal<number>();
  followAlerts((unacknowledged) => setPushed(unacknowledged), createAgain(query, ask));
  // Changes during an outage were not pushed; the query is repeated.
  createEffect(on(reconnects, () => setPushed(undefined), { defer: true }));
  const count = createMemo(() => pushed() ?? query.data?.alerts.totalCount);
  return count;
}
