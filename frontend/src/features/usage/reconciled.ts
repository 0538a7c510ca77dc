import type { UsageReconciliationQuery } from "../../graphql/generated/graphql";

type Counts = UsageReconciliationQuery["usageReconciliation"];

/** Below this share of verified requests the comparison says little about the rest. */
const TRUSTED_SHARE = 0.95;

/** How many of the metered requests both sources report alike, and whether that is enough. */
export function reconcile({ matched, mismatched, wireOnly, engineOnly, unknown }: Counts) {
  const oneSided = wireOnly + engineOnly;
  const metered = matched + mismatched + oneSided + unknown;
  const share = metered === 0 ? 0 : matched / metered;
  return {
    metered,
    /** Nothing was compared, as with the demo engine, which reports no usage. */
    isUncompared: matched + mismatched + engineOnly === 0,
    mismatched,
    oneSided,
    unreported: unknown,
    // Rounded down: 99.9% must not read as "100%".
    share: Math.floor(share * 1000) / 1000,
    isTrusted: mismatched === 0 && share >= TRUSTED_SHARE,
  };
}
