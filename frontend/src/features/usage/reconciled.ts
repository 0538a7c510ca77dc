import type { UsageReconciliationQuery } from "../../graphql/generated/graphql";

type Counts = UsageReconciliationQuery["usageReconciliation"];

/** Below this share of verified requests the comparison is not representative of the rest. */
const TRUSTED_SHARE = 0.95;

/** The share of metered requests for which both sources agree, and whether it is sufficient. */
export function reconcile({ matched, mismatched, wireOnly, engineOnly, unknown }: Counts) {
  const oneSided = wireOnly + engineOnly;
  const metered = matched + mismatched + oneSided + unknown;
  const share = metered === 0 ? 0 : matched / metered;
  return {
    metered,
    /** No request was compared, as with the demo engine, which reports no usage. */
    isUncompared: matched + mismatched + engineOnly === 0,
    mismatched,
    oneSided,
    unreported: unknown,
    // Rounded down: 99.9% must not read as "100%".
    share: Math.floor(share * 1000) / 1000,
    isTrusted: mismatched === 0 && share >= TRUSTED_SHARE,
  };
}
