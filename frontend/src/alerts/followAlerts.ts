import { onCleanup } from "solid-js";
import { createFeed } from "../graphql/createFeed";
import { graphql } from "../graphql/generated";
import type { AlertChangedSubscription } from "../graphql/generated/graphql";

const AlertChangedDocument = graphql(`
  subscription AlertChanged {
    alertChanged {
      unacknowledged
    }
  }
`);

/** Many alerts may change together; the callback is called once. */
const COLLECT_MS = 200;

/**
 * Calls back with the number of open alerts that are not acknowledged, after each change of an alert. Changes before
 * `onOpen` are not reported.
 */
export function followAlerts(onChange: (unacknowledged: number) => void, onOpen: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest = 0;
  const collect = ({ alertChanged }: AlertChangedSubscription) => {
    latest = alertChanged.unacknowledged;
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange(latest);
    }, COLLECT_MS);
  };
  createFeed(AlertChangedDocument, {}, collect, onOpen);
  onCleanup(() => clearTimeout(timer));
}
