import { expect, test } from "vitest";
import { makeAlert as alert } from "../test/alerts";
import { describeAlert, readAlerts, remedyOf } from "./alert";

const NOW = new Date("2026-11-25T12:00:00Z");

const quota = {
  metric: "REQUESTS",
  window: "LIFETIME",
  limit: 12,
  used: 12,
  userId: "u1",
  apiKeyId: "k1",
  apiKeyName: "laptop",
};

test("each kind is worded, and leads to where it is resolved", () => {
  const account = { subject: { id: "a", name: "work" }, detail: { provider: "CLAUDE" } };
  const alerts = [
    alert({ kind: "ENGINE_DOWN" }),
    alert({
      kind: "ENGINE_ROLLED_BACK",
      detail: { failedVersion: "8.0.0", previousVersion: "7.2.140" },
    }),
    alert({ kind: "ENGINE_ROLLED_BACK" }),
    alert({
      kind: "ENGINE_ROLLED_BACK",
      severity: "CRITICAL",
      detail: { failedVersion: "8.0.0", previousVersion: "7.2.140" },
    }),
    alert({ kind: "RECORDING_FAILING" }),
    alert({ kind: "ERROR_RATE", detail: { failed: 15, requests: 45, minutes: 15 } }),
    alert({ kind: "ACCOUNT_SIGN_IN_INVALID", ...account }),
    alert({ kind: "ACCOUNT_FAILING", ...account }),
    alert({
      kind: "ACCOUNT_EXPIRING",
      subject: account.subject,
      detail: { provider: "CLAUDE", until: "2026-11-25T12:20:00Z" },
    }),
    alert({ kind: "ACCOUNT_COOLING", ...account }),
    alert({ kind: "QUOTA_REACHED", subject: { id: "q", name: "Ada" }, detail: { quota } }),
    alert({ kind: "KEY_IN_TWO_NETWORKS", subject: { id: "k", name: "Ada · laptop" } }),
    alert({
      kind: "BACKUP_OVERDUE",
      detail: { lastAt: "2026-11-22T12:00:00Z", everyHours: 24 },
    }),
    alert({ kind: "BACKUP_FAILED" }),
    alert({ kind: "MODEL_UNPRICED", subject: { id: "m", name: "m" }, detail: { requests: 1 } }),
    alert({ kind: "PRICES_OUTDATED", detail: { lastAt: "2026-06-01T12:00:00Z" } }),
    alert({ kind: "CATALOGUE_OUTDATED", detail: { lastAt: "2026-11-23T12:00:00Z" } }),
    alert({ kind: "DISK_LOW", detail: { freeBytes: 536_870_912 } }),
  ];

  const worded = alerts.map((each) => `${describeAlert(each, NOW)} → ${remedyOf(each)?.href}`);

  expect(worded).toEqual([
    "The engine is not running → /engine",
    "Engine update rolled back: 8.0.0 failed, and the server returned to 7.2.140 → /engine/updates",
    "Engine update rolled back: the new version failed, and the server returned to the previous version → /engine/updates",
    "Engine update not rolled back: 8.0.0 failed, and the server could not return to 7.2.140 → /engine/updates",
    "Requests cannot be recorded and are rejected → undefined",
    "33% of requests failed in the last 15 minutes (15 of 45) → /requests?outcome=UPSTREAM_ERROR,INTERRUPTED",
    "Claude account work: Sign-in invalid → /providers",
    "Claude account work: Account failing → /providers",
    "The sign-in of Claude account work expires in 20 minutes and was not refreshed → /providers",
    "Claude account work: Account in cooldown → /providers",
    "Ada · laptop reached a quota: 12 / 12 requests, lifetime → /users/u1/limits?key=k1",
    "The key Ada · laptop is used from two networks at the same time → /keys",
    "The last backup is overdue: made 3 days ago, due every 24 hours → /settings/backups",
    "Scheduled backups fail → /settings/backups",
    "m has no price: 1 request in the last 24 hours → /models/prices?add=m",
    "The price list is from Jun 1, 2026 → /models/prices",
    "No refresh of the model catalog has succeeded since Nov 23, 2026 → /engine",
    "The disk has only 512 MiB free → undefined",
  ]);
});

test("alerts that are not acknowledged come first, and critical ones first among these", () => {
  const alerts = [
    alert({ id: "seen", severity: "CRITICAL", acknowledgedAt: "2026-11-25T12:00:00Z" }),
    alert({ id: "warning", severity: "WARNING" }),
    alert({ id: "critical", severity: "CRITICAL" }),
  ];

  // A fragment is the object itself at run time.
  const read = readAlerts(alerts as unknown as Parameters<typeof readAlerts>[0]);

  expect(read.map(({ id }) => id)).toEqual(["critical", "warning", "seen"]);
});
