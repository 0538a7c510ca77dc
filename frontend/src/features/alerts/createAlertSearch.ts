import { useSearchParams } from "@solidjs/router";
import type { AlertFilter, AlertKind, AlertSeverity } from "../../graphql/generated/graphql";

/** The kinds of alerts that can be chosen. */
export const KINDS: readonly AlertKind[] = [
  "ENGINE_DOWN",
  "ENGINE_ROLLED_BACK",
  "RECORDING_FAILING",
  "ERROR_RATE",
  "ACCOUNT_SIGN_IN_INVALID",
  "ACCOUNT_FAILING",
  "ACCOUNT_PAUSED",
  "ACCOUNT_EXPIRING",
  "ACCOUNT_COOLING",
  "QUOTA_REACHED",
  "KEY_IN_TWO_NETWORKS",
  "BACKUP_OVERDUE",
  "BACKUP_FAILED",
  "MODEL_UNPRICED",
  "PRICES_OUTDATED",
  "CATALOGUE_OUTDATED",
  "DISK_LOW",
];
export const SEVERITIES: readonly AlertSeverity[] = ["CRITICAL", "WARNING"];

type AlertSearch = { kind?: string; severity?: string; acknowledged?: string; after?: string };

const FILTERS = ["kind", "severity", "acknowledged"] as const;
const ANSWERS: Partial<Record<string, boolean>> = { yes: true, no: false };

/** The filters of the history of alerts, kept in the address. */
export function createAlertSearch() {
  const [search, setSearch] = useSearchParams<AlertSearch>();
  const filter = (): AlertFilter => {
    const kind = KINDS.find((each) => each === search.kind);
    return {
      open: false,
      kinds: kind ? [kind] : null,
      severity: SEVERITIES.find((each) => each === search.severity) ?? null,
      acknowledged: ANSWERS[search.acknowledged ?? ""] ?? null,
    };
  };
  // Another choice is another list, which begins at its first page.
  const change = (next: AlertSearch) =>
    setSearch({ after: undefined, ...next }, { replace: true, scroll: false });
  return {
    search,
    filter,
    count: () => FILTERS.filter((name) => search[name]).length,
    change,
    clear: () => change({ kind: undefined, severity: undefined, acknowledged: undefined }),
  };
}
