import { t } from "../i18n";

type Found = { count: number; status: string; reason: string };

/** The reasons that the server words itself, with their translations. */
const SENTENCES: readonly [RegExp, (found: Found) => string][] = [
  [
    /^the provider (?:rejected the credentials|refused the credential) \(HTTP (?<status>\d+)\)$/,
    ({ status }) => t("alerts.reasons.credentials", { status }),
  ],
  [/^the provider limits the request rate$/, () => t("alerts.reasons.rateLimit")],
  [
    /^the last (?<count>\d+) requests failed with HTTP 429: the account has no credit left/,
    ({ count }) => t("alerts.reasons.exhausted", { count }),
  ],
  [
    /^the last (?<count>\d+) requests failed, the latest with HTTP (?<status>\d+)$/,
    ({ count, status }) => t("alerts.reasons.failures", { count, status }),
  ],
  [
    /^the last (?<count>\d+) requests failed, the latest without a response$/,
    ({ count }) => t("alerts.reasons.silent", { count }),
  ],
  [/^the provider no longer accepts the sign-in;/, () => t("alerts.reasons.signInEnded")],
  [/^the engine cannot reach the provider$/, () => t("alerts.reasons.unreachable")],
  [
    /^the provider responded with HTTP (?<status>\d+)$/,
    ({ status }) => t("alerts.reasons.status", { status }),
  ],
  [/^the provider repeatedly rejected the API key/, () => t("alerts.reasons.pausedKey")],
  [/^the provider repeatedly rejected the sign-in/, () => t("alerts.reasons.pausedSignIn")],
  [/^the journal cannot be written$/, () => t("alerts.reasons.journal")],
  [/^the database cannot be written$/, () => t("alerts.reasons.database")],
  [/^BACKUP_PASSPHRASE is not set/, () => t("alerts.reasons.passphrase")],
  [
    /^it failed (?<count>\d+) times within ten minutes: (?<reason>.*)$/s,
    ({ count, reason }) => t("alerts.reasons.engineFailed", { count, reason }),
  ],
];

/** Translates a reason that the server words itself; those of providers and of the engine stay as they are. */
export function describeReason(text: string): string {
  for (const [pattern, translate] of SENTENCES) {
    const found = pattern.exec(text);
    if (!found) continue;
    const { count, status = "", reason = "" } = found.groups ?? {};
    return translate({ count: Number(count), status, reason });
  }
  return text;
}
