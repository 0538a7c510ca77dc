import type { CombinedError } from "@urql/core";
import { useClient } from "@urql/solid";
import { createEffect, createSignal, on } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import { graphql } from "../../graphql/generated";
import type { UsagePartsQuery } from "../../graphql/generated/graphql";
import type { UsageChoices } from "./createUsageSearch";
import { ORDERS } from "./measures";

const UsagePartsDocument = graphql(`
  query UsageParts(
    $range: UsageRange
    $filter: UsageFilter
    $zone: String!
    $by: UsageDimension!
    $second: UsageDimension!
    $order: UsageOrder!
    $keys: [String!]!
  ) {
    usage(range: $range, filter: $filter, timezone: $zone) {
      breakdown(by: $by, first: 20, orderBy: $order, keys: $keys) {
        key
        parts(by: $second, first: 10, orderBy: $order) {
          slices {
            key
            label
            provider
            totals {
              ...Measured
              failed
              rejected
              unpriced
              assumed
            }
          }
          other {
            ...Measured
            failed
            rejected
            unpriced
            assumed
          }
          otherCount
        }
      }
    }
  }
`);

/** The parts of one row. */
export type RowParts = NonNullable<UsagePartsQuery["usage"]["breakdown"][number]["parts"]>;

/** One part of a row. */
export type RowPart = RowParts["slices"][number];

/** The rows that can be opened in one step. */
export const MAX_OPENED = 20;

/** The rows of the breakdown that are open, and their parts by the second dimension. */
export function createParts(choices: () => UsageChoices) {
  const client = useClient();
  const [parts, setParts] = createStore<Record<string, RowParts>>({});
  const [open, setOpen] = createSignal<ReadonlySet<string>>(new Set());
  const [error, setError] = createSignal<CombinedError>();
  const asked = () => {
    const second = choices().second();
    if (!second) return undefined;
    return {
      range: choices().range(),
      filter: choices().filter(),
      zone: choices().zone(),
      by: choices().parts(),
      second,
      order: ORDERS[choices().measure()],
    };
  };
  const identity = () => JSON.stringify(asked() ?? null);
  // Another range, filter or dimension has other parts.
  createEffect(
    on(
      identity,
      () => {
        setOpen(new Set<string>());
        setParts(reconcile({}));
        setError(undefined);
      },
      { defer: true },
    ),
  );

  async function load(keys: string[]) {
    const variables = asked();
    const before = identity();
    if (!variables || keys.length === 0) return;
    const answer = await client.query(UsagePartsDocument, { ...variables, keys }).toPromise();
    if (before !== identity()) return;
    setError(answer.error);
    for (const { key, parts } of answer.data?.usage.breakdown ?? []) {
      if (parts) setParts(key, parts);
    }
  }
  return {
    error,
    isOpen: (key: string) => open().has(key),
    hasOpen: () => open().size > 0,
    of: (key: string): RowParts | undefined => parts[key],
    toggle: (key: string) => {
      const next = new Set(open());
      if (!next.delete(key)) {
        next.add(key);
        if (!parts[key]) void load([key]);
      }
      setOpen(next);
    },
    openAll: (keys: readonly string[]) => {
      const wanted = keys.slice(0, MAX_OPENED);
      setOpen(new Set([...open(), ...wanted]));
      void load(wanted.filter((key) => !parts[key]));
    },
    closeAll: () => setOpen(new Set<string>()),
  };
}

/** The open rows of the breakdown. */
export type OpenRows = ReturnType<typeof createParts>;
