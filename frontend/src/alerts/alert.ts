import { type FragmentType, graphql, readFragment } from "../graphql/generated";
import type { AlertFragment as Alert, AlertKind } from "../graphql/generated/graphql";
import type { GuardedMutation } from "../graphql/roles";
import { type KeyUnder, t } from "../i18n";
import { formatAgo, formatBytes, formatDay, formatPart, formatWhole } from "../lib/format";
import { describeQuota } from "../ui/describeQuota";
import { providerName } from "../ui/providers";

export type { Alert };

export const AlertFragmentDocument = graphql(`
  fragment Alert on Alert {
    id
    kind
    severity
    subject {
      id
      name
    }
    detail {
      reason
      provider
      until
      lastAt
      requests
      failed
      minutes
      everyHours
      freeBytes
      failedVersion
      previousVersion
      quota {
        metric
        window
        limit
        used
        userId
        apiKeyId
        apiKeyName
      }
    }
    raisedAt
    endedAt
    acknowledgedAt
    acknowledgedBy
  }
`);

/** Reads alerts: those not acknowledged first, critical ones first among these. */
export function readAlerts(
  alerts: readonly FragmentType<typeof AlertFragmentDocument>[],
): readonly Alert[] {
  const rank = (alert: Alert) =>
    (alert.acknowledgedAt ? 2 : 0) + (alert.severity === "CRITICAL" ? 0 : 1);
  return readFragment(AlertFragmentDocument, alerts).toSorted(
    (one, other) => rank(one) - rank(other),
  );
}

/** Describes an alert in one line, without its reason. */
export function describeAlert({ kind, severity, subject, detail }: Alert, now?: Date): string {
  const name = subject.name ?? "";
  const account = {
    provider: detail.provider ? providerName(detail.provider) : "",
    label: name,
  };
  switch (kind) {
    case "ENGINE_DOWN":
      return t("alerts.text.engine");
    case "ENGINE_ROLLED_BACK":
      return t(severity === "CRITICAL" ? "alerts.text.notRolledBack" : "alerts.text.rolledBack", {
        failed: detail.failedVersion ?? t("alerts.text.newVersion"),
        previous: detail.previousVersion ?? t("alerts.text.previousVersion"),
      });
    case "RECORDING_FAILING":
      return t("alerts.text.recording");
    case "ERROR_RATE":
      return describeFailures(detail);
    case "ACCOUNT_EXPIRING":
      return t("alerts.text.expiring", { ...account, until: formatAgo(detail.until ?? "", now) });
    case "ACCOUNT_SIGN_IN_INVALID":
    case "ACCOUNT_FAILING":
    case "ACCOUNT_PAUSED":
    case "ACCOUNT_COOLING":
      return t("alerts.text.account", { ...account, kind: t(`alerts.kinds.${kind}`) });
    case "QUOTA_REACHED":
      return t("alerts.text.quota", {
        name: [name, detail.quota?.apiKeyName].filter(Boolean).join(" · "),
        amount: detail.quota ? describeQuota(detail.quota) : "",
      });
    case "KEY_IN_TWO_NETWORKS":
      return t("alerts.text.keyNetworks", { name });
    case "BACKUP_OVERDUE":
      return t("alerts.text.backupOverdue", {
        ago: formatAgo(detail.lastAt ?? "", now),
        hours: detail.everyHours ?? 0,
      });
    case "BACKUP_FAILED":
      return t("alerts.text.backupFailed");
    case "MODEL_UNPRICED":
      return t("alerts.text.unpriced", { model: name, count: detail.requests ?? 0 });
    case "PRICES_OUTDATED":
      return t("alerts.text.prices", { date: formatDay(detail.lastAt ?? "") });
    case "CATALOGUE_OUTDATED":
      return t("alerts.text.catalogue", { date: formatDay(detail.lastAt ?? "") });
    case "DISK_LOW":
      return t("alerts.text.disk", { free: formatBytes(detail.freeBytes ?? 0) });
  }
}

function describeFailures({ failed, requests, minutes }: Alert["detail"]): string {
  return t("alerts.text.errors", {
    share: formatPart((failed ?? 0) / Math.max(1, requests ?? 0)),
    minutes: minutes ?? 0,
    failed: formatWhole(failed ?? 0),
    requests: formatWhole(requests ?? 0),
  });
}

/** The page on which an alert is resolved. */
export type Remedy = {
  href: string;
  action: KeyUnder<"alerts.fix">;
  /** The mutation that resolves it; callers without it get a link to view the page, if they may open it. */
  needs?: GuardedMutation;
  /** Whether the page is for owners alone. */
  isReserved?: boolean;
};

const ACCOUNT: Remedy = {
  href: "/providers",
  action: "account",
  needs: "updateProviderAccount",
};
const PRICES: Remedy = { href: "/models/prices", action: "price", needs: "createPrice" };
const BACKUPS: Remedy = {
  href: "/settings/backups",
  action: "backup",
  needs: "createBackup",
  isReserved: true,
};

const REMEDIES: Partial<Record<AlertKind, Remedy>> = {
  ENGINE_DOWN: { href: "/engine", action: "engine", needs: "restartEngine" },
  ENGINE_ROLLED_BACK: { href: "/engine/updates", action: "updates", needs: "updateEngine" },
  CATALOGUE_OUTDATED: { href: "/engine", action: "catalogue" },
  ERROR_RATE: { href: "/requests?outcome=UPSTREAM_ERROR,INTERRUPTED", action: "errors" },
  ACCOUNT_SIGN_IN_INVALID: ACCOUNT,
  ACCOUNT_FAILING: ACCOUNT,
  ACCOUNT_PAUSED: ACCOUNT,
  ACCOUNT_EXPIRING: ACCOUNT,
  ACCOUNT_COOLING: ACCOUNT,
  KEY_IN_TWO_NETWORKS: { href: "/keys", action: "keys", needs: "revokeApiKey" },
  BACKUP_OVERDUE: BACKUPS,
  BACKUP_FAILED: BACKUPS,
  MODEL_UNPRICED: PRICES,
  PRICES_OUTDATED: PRICES,
};

/** Where an alert is resolved; undefined if only on the server's machine. */
export function remedyOf({ kind, subject, detail: { quota } }: Alert): Remedy | undefined {
  if (kind === "MODEL_UNPRICED" && subject.name)
    return { ...PRICES, href: `${PRICES.href}?add=${encodeURIComponent(subject.name)}` };
  if (!quota) return REMEDIES[kind];
  const key = quota.apiKeyId ? `?key=${quota.apiKeyId}` : "";
  return { href: `/users/${quota.userId}/limits${key}`, action: "quota", needs: "changeQuotas" };
}
