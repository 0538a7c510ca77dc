import { useSearchParams } from "@solidjs/router";
import { createMemo } from "solid-js";
import type {
  UsageBucket,
  UsageDimension,
  UsageFilter,
  UsageRange,
} from "../../graphql/generated/graphql";
import { isZone, ownZone, wallClock } from "../../lib/zone";
import { readProvider } from "../../ui/providers";
import { MEASURES, type Measure } from "./measures";
import { daysOf, possibleBuckets, type RangeSearch, readRange, usualBucket } from "./range";

/** The search parameters of the page. */
export type UsageSearch = RangeSearch & {
  zone?: string;
  user?: string;
  key?: string;
  provider?: string;
  account?: string;
  model?: string;
  measure?: string;
  by?: string;
  bucket?: string;
  parts?: string;
  second?: string;
};

/** By what usage can be divided, in the order of the choices. */
export const DIMENSIONS: readonly UsageDimension[] = [
  "USER",
  "API_KEY",
  "PROVIDER",
  "ACCOUNT",
  "MODEL",
];

const FILTERS = ["user", "key", "provider", "account", "model"] as const;

/** The filter of each dimension. */
const FILTER_OF = {
  USER: "user",
  API_KEY: "key",
  PROVIDER: "provider",
  ACCOUNT: "account",
  MODEL: "model",
} as const satisfies Record<UsageDimension, (typeof FILTERS)[number]>;

/** The order in which a filtered breakdown moves on to a dimension without a filter. */
const DRILL_ORDER: readonly UsageDimension[] = ["MODEL", "API_KEY", "USER", "PROVIDER"];

/** The period that a bar selects: the address holds days, so an hour selects its day. */
export function barUnit(bucket: UsageBucket): UsageBucket {
  return bucket === "HOUR" ? "DAY" : bucket;
}

function stable<Value>(compute: () => Value) {
  const memo = createMemo(compute, undefined, {
    equals: (left, right) => JSON.stringify(left) === JSON.stringify(right),
  });
  return memo;
}

/**
 * Filters, stretch of time and every choice of the page, all kept in the address. A page about one user
 * looks at theirs alone.
 */
export function createUsageSearch(ofUser?: () => string) {
  const [search, setSearch] = useSearchParams<UsageSearch>();
  const zone = () => (search.zone && isZone(search.zone) ? search.zone : ownZone());
  const range = stable((): UsageRange => readRange(search, zone()));
  const filter = stable(
    (): UsageFilter => ({
      userId: ofUser?.() ?? search.user ?? null,
      apiKeyId: search.key ?? null,
      provider: readProvider(search.provider),
      accountId: search.account ?? null,
      model: search.model ?? null,
    }),
  );
  const buckets = () => possibleBuckets(daysOf(range()));
  const parts = (): UsageDimension =>
    DIMENSIONS.find((each) => each === search.parts) ?? (ofUser ? "MODEL" : "USER");
  return {
    search,
    zone,
    range,
    filter,
    buckets,
    bucket: (): UsageBucket =>
      buckets().find((each) => each === search.bucket) ?? usualBucket(daysOf(range())),
    measure: (): Measure => MEASURES.find((each) => each === search.measure) ?? "tokens",
    by: () => DIMENSIONS.find((each) => each === search.by),
    parts,
    /** The dimension into which each row of the breakdown opens. */
    second: () => DIMENSIONS.find((each) => each === search.second && each !== parts()),
    isOfUser: ofUser !== undefined,
    /** By what usage can be divided here: that of one user has one user only. */
    dimensions: DIMENSIONS.filter((each) => !(ofUser && each === "USER")),
    filterCount: () => FILTERS.filter((name) => search[name]).length,
    /** The filters that are set. */
    filters: () =>
      DIMENSIONS.flatMap((by) => {
        const value = search[FILTER_OF[by]];
        return value ? [{ by, value }] : [];
      }),
    /** Filters by a part of the breakdown, which then shows the parts of that; "back" undoes it. */
    drill: (by: UsageDimension, value: string) => {
      const isFree = (each: UsageDimension) =>
        each !== by && !search[FILTER_OF[each]] && !(ofUser && each === "USER");
      const next = DRILL_ORDER.find(isFree) ?? by;
      setSearch({ [FILTER_OF[by]]: value, parts: next }, { scroll: false });
    },
    /** Removes the filter of a dimension. */
    remove: (by: UsageDimension) => setSearch({ [FILTER_OF[by]]: undefined }, { scroll: false }),
    /** Whether a bar is a shorter period than the page shows. */
    canNarrow: () => buckets().length > 0 && daysOf(range()) > 1.1,
    /** Shows the period of a bar alone; "back" undoes it. */
    narrow: (point: { from: string; to: string }) => {
      const from = wallClock(new Date(point.from), zone()).date;
      const to = wallClock(new Date(Date.parse(point.to) - 1), zone()).date;
      setSearch({ range: undefined, from, to, bucket: undefined }, { scroll: false });
    },
    change: (next: UsageSearch) => setSearch(next, { replace: true, scroll: false }),
    clear: () => setSearch(Object.fromEntries(FILTERS.map((name) => [name, undefined]))),
  };
}

/** The choices of the page. */
export type UsageChoices = ReturnType<typeof createUsageSearch>;
