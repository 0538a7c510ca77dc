import type { AccountStatus, OverviewQuery } from "../../graphql/generated/graphql";
import { type KeyUnder, t } from "../../i18n";
import { formatAgo, formatPart, formatWhole } from "../../lib/format";
import { providerName } from "../../ui/providers";
import { describeQuota } from "./amounts";

/** Something that an administrator should look at, the worst first. */
export type Problem = {
  id: string;
  tone: "bad" | "warn";
  text: string;
  /** Why, in the server's words. */
  reason?: string | null;
  /** Where it is solved. */
  href: string;
  action: KeyUnder<"overview.fix">;
};

/** Errors below this share are usual. */
export const WORRYING_SHARE = 0.05;
const URGENT_SHARE = 0.2;
/** With fewer requests an error rate is not significant. */
const FEWEST_REQUESTS = 10;
const HOUR_MS = 3_600_000;

const TONES: Partial<Record<AccountStatus, Problem["tone"]>> = {
  FAILING: "bad",
  EXPIRED: "bad",
  REFRESH_FAILED: "bad",
  COOLING: "warn",
};

type Totals = OverviewQuery["hour"]["totals"];

/** How bad the error rate of the last hour is. */
export function errorTone({ requests, failed }: Totals): Problem["tone"] | undefined {
  const share = failed / Math.max(1, requests);
  if (requests < FEWEST_REQUESTS || share < WORRYING_SHARE) return undefined;
  return share < URGENT_SHARE ? "warn" : "bad";
}

function engineProblems({ engine }: OverviewQuery): Problem[] {
  if (engine.state === "RUNNING") return [];
  const isBad = engine.state === "FAILED" || engine.state === "STOPPED";
  const text = t("overview.problem.engine", { state: t(`engine.states.${engine.state}.label`) });
  const tone = isBad ? "bad" : "warn";
  return [
    { id: "engine", tone, text, reason: engine.lastError, href: "/engine", action: "engine" },
  ];
}

function errorProblems({ hour: { totals } }: OverviewQuery): Problem[] {
  const tone = errorTone(totals);
  if (!tone) return [];
  const text = t("overview.problem.errors", {
    share: formatPart(totals.failed / totals.requests),
    failed: formatWhole(totals.failed),
    requests: formatWhole(totals.requests),
  });
  const href = "/requests?outcome=UPSTREAM_ERROR,INTERRUPTED";
  return [{ id: "errors", tone, text, href, action: "errors" }];
}

function accountProblems({ providers }: OverviewQuery): Problem[] {
  return providers.flatMap(({ kind, accounts }) =>
    accounts.flatMap(({ id, label, status, statusReason }) => {
      const tone = TONES[status];
      if (!tone) return [];
      const text = t("overview.problem.account", {
        provider: providerName(kind),
        label,
        status: t(`providers.statuses.${status}`),
      });
      return [
        { id, tone, text, reason: statusReason, href: "/providers", action: "account" } as const,
      ];
    }),
  );
}

function quotaProblems({ quotas }: OverviewQuery): Problem[] {
  return quotas
    .filter(({ usedPercent }) => usedPercent >= 100)
    .map((quota) => ({
      id: quota.id,
      tone: "warn",
      text: t("overview.problem.quota", {
        name: [quota.user.name, quota.apiKey?.name].filter(Boolean).join(" · "),
        amount: describeQuota(quota),
      }),
      href: `/users/${quota.user.id}/limits${quota.apiKey ? `?key=${quota.apiKey.id}` : ""}`,
      action: "quota",
    }));
}

function priceProblems({ month: { totals } }: OverviewQuery): Problem[] {
  if (totals.unpriced === 0) return [];
  const text = t("overview.problem.unpriced", { count: totals.unpriced });
  return [{ id: "unpriced", tone: "warn", text, href: "/models/prices", action: "unpriced" }];
}

/** A backup that is late once may be on its way; one that is late twice did not come about. */
function backupProblems({ lastBackupAt, settings }: OverviewQuery, now: Date): Problem[] {
  const hours = settings.backupEveryHours;
  if (hours === 0 || !lastBackupAt) return [];
  if (now.getTime() - Date.parse(lastBackupAt) < 2 * hours * HOUR_MS) return [];
  const text = t("overview.problem.backup", { ago: formatAgo(lastBackupAt, now), hours });
  return [{ id: "backup", tone: "warn", text, href: "/settings/backups", action: "backup" }];
}

/** Everything that needs attention by what the overview knows. Models of a demo have no prices on purpose. */
export function findProblems(
  sums: OverviewQuery,
  isDemo: boolean,
  now: Date = new Date(),
): Problem[] {
  const all = [
    engineProblems(sums),
    errorProblems(sums),
    accountProblems(sums),
    quotaProblems(sums),
    backupProblems(sums, now),
    isDemo ? [] : priceProblems(sums),
  ].flat();
  return all.toSorted(
    (left, right) => Number(left.tone === "warn") - Number(right.tone === "warn"),
  );
}
