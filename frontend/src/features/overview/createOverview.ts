import { createQuery } from "@urql/solid";
import { createMemo, createSignal } from "solid-js";
import { followAlerts } from "../../alerts/followAlerts";
import { createAgain } from "../../graphql/createAgain";
import { createFeed } from "../../graphql/createFeed";
import { graphql } from "../../graphql/generated";
import type { UsageTickedSubscription } from "../../graphql/generated/graphql";
import { createEvery } from "../../lib/createEvery";
import { createNow } from "../../lib/createNow";
import { ownZone } from "../../lib/zone";
import { periodsAt } from "./periods";

const OverviewQuery = graphql(`
  query Overview(
    $zone: String!
    $hour: UsageRange
    $quarter: UsageRange
    $yesterday: UsageRange
    $month: UsageRange
    $lastMonth: UsageRange
  ) {
    engine {
      state
      version
      startedAt
      restarts
      lastError
    }
    hour: usage(range: $hour, timezone: $zone) {
      totals {
        requests
        failed
      }
    }
    quarter: usage(range: $quarter, timezone: $zone) {
      breakdown(by: USER, first: 200, orderBy: TOKENS) {
        key
        label
        user {
          id
          archivedAt
        }
        totals {
          requests
          tokens {
            total
          }
        }
      }
    }
    yesterday: usage(range: $yesterday, timezone: $zone) {
      totals {
        cost
      }
    }
    month: usage(range: $month, timezone: $zone) {
      totals {
        cost
        unpriced
        assumed
      }
    }
    lastMonth: usage(range: $lastMonth, timezone: $zone) {
      totals {
        cost
      }
    }
    providers {
      kind
      accounts {
        id
        ...RunningAccount
      }
    }
    quotas {
      id
      metric
      window
      limit
      used
      usedPercent
      user {
        id
        name
      }
      apiKey {
        id
        name
      }
      ...RunningQuota
    }
  }
`);

const OverviewHealthQuery = graphql(`
  query OverviewHealth {
    health {
      verdict
      evaluatedAt
      openAlerts
      unacknowledgedAlerts
      recentRequests
      recentFailed
      isFailing
      accounts {
        enabled
        unverified
      }
    }
    critical: alerts(filter: { open: true, severity: CRITICAL }, first: 6) {
      nodes {
        id
        ...Alert
      }
    }
    warnings: alerts(filter: { open: true, severity: WARNING }, first: 6) {
      nodes {
        id
        ...Alert
      }
    }
    errorRate: alerts(filter: { open: true, kinds: [ERROR_RATE] }, first: 1) {
      nodes {
        id
        severity
      }
    }
  }
`);

const UsageTickedDocument = graphql(`
  subscription UsageTicked($zone: String!) {
    usageTicked(intervalSeconds: 2, timezone: $zone) {
      at
      sinceLast {
        requests
        tokens {
          total
        }
      }
      today {
        cost
        unpriced
        assumed
      }
    }
  }
`);

type Tick = UsageTickedSubscription["usageTicked"];

const TICKS = 120;
const MINUTE = 60_000;

/** The tokens of the last minute, from the usage between ticks. */
export function tokensPerMinute(ticks: readonly Tick[]): number {
  const last = ticks.at(-1);
  if (!last) return 0;
  const since = Date.parse(last.at) - MINUTE;
  return ticks
    .filter((tick) => Date.parse(tick.at) > since)
    .reduce((sum, tick) => sum + tick.sinceLast.tokens.total, 0);
}

/** The data of the overview: sums that are polled every half minute, and ticks that are pushed. */
export function createOverview() {
  const zone = ownZone();
  const now = createNow();
  const periods = createMemo(() => periodsAt(now(), zone));
  const [sums] = createQuery({
    query: OverviewQuery,
    variables: () => {
      const { hour, quarter, yesterday, month, lastMonth } = periods();
      return { zone, hour, quarter, yesterday, month, lastMonth };
    },
    requestPolicy: "network-only",
  });
  const [ticks, setTicks] = createSignal<readonly Tick[]>([]);
  const live = createFeed(UsageTickedDocument, { zone }, ({ usageTicked }) =>
    setTicks((known) => [...known, usageTicked].slice(-TICKS)),
  );
  const last = createMemo<typeof sums.data>((before) => sums.data ?? before);
  const [health, askHealth] = createQuery({
    query: OverviewHealthQuery,
    requestPolicy: "network-only",
  });
  const askAgain = createAgain(health, askHealth);
  followAlerts(askAgain, askAgain);
  createEvery(askAgain);
  const lastHealth = createMemo<typeof health.data>((before) => health.data ?? before);
  return {
    periods,
    zone,
    /** The latest sums; the previous ones while new ones are loading. */
    sums: last,
    /** The verdict and the open alerts; the previous ones while new ones are loading. */
    health: lastHealth,
    /** Whether sums or an error have arrived. */
    isKnown: () => last() !== undefined || sums.error !== undefined,
    error: () => sums.error ?? health.error ?? live.error(),
    ticks,
    today: () => ticks().at(-1)?.today,
  };
}

/** The state that the parts of the overview share. */
export type OverviewState = ReturnType<typeof createOverview>;
