import { onCleanup } from "solid-js";
import { createFeed } from "../graphql/createFeed";
import { graphql } from "../graphql/generated";

const AlertChangedSubscription = graphql(`
  subscription AlertChanged {
    alertChanged {
      unacknowledged
    }
  }
`);

/** Many alerts may change together; the callback is called once. */
const COLLECT_MS = 200;

/** Calls back with the number of open alerts that are not acknowledged, after each change of an alert. */
export function followAlerts(onChange: (unacknowledged: number) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest = 0;
  createFeed(AlertChangedSubscription, {}, ({ alertChanged }) => {
    latest = alertChanged.unacknowledged;
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange(latest);
    }, COLLECT_MS);
  });
  onCleanup(() => clearTimeout(timer));
}
