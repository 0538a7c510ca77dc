import { t } from "../i18n";
import { formatMoment } from "../lib/format";

type Found = Record<string, string>;

/** The server's texts about input, with their translations. */
const MESSAGES: readonly [RegExp, (found: Found) => string][] = [
  [
    /^there is an? (?:user|group|account group) named "(?<name>.*)" already; choose another name$/s,
    ({ name = "" }) => t("refusals.nameTaken", { name }),
  ],
  [
    /^a channel named "(?<name>.*)" exists; choose another name$/s,
    ({ name = "" }) => t("refusals.nameTaken", { name }),
  ],
  [
    /^an account labelled "(?<name>.*)" exists at this provider; choose another label$/s,
    ({ name = "" }) => t("refusals.labelTaken", { name }),
  ],
  [
    /^there is another price of "(?<name>.*)" from (?<time>\S+) on;/s,
    ({ name = "", time = "" }) => t("refusals.priceTaken", { name, time: formatMoment(time) }),
  ],
  [/^(?<name>\S+) exists already$/, ({ name = "" }) => t("refusals.nameTaken", { name })],
  [
    /^(?<field>\w+) must have at most (?<count>\d+) characters$/,
    ({ field = "", count }) => t("refusals.tooLong", { field, count: Number(count) }),
  ],
  [/^(?<field>\w+) must not be empty$/, ({ field = "" }) => t("refusals.empty", { field })],
  [
    /^(?<field>\w+) must not contain control characters$/,
    ({ field = "" }) => t("refusals.control", { field }),
  ],
  [/^(?<field>\w+) must be in the future$/, ({ field = "" }) => t("refusals.past", { field })],
  [/^a quota with the same metric, window,/, () => t("refusals.sameQuota")],
  [
    /^a user or key has at most (?<count>\d+) quotas$/,
    ({ count }) => t("refusals.quotas", { count: Number(count) }),
  ],
  [
    /^until must be within (?<count>\d+) days;/,
    ({ count }) => t("refusals.until", { count: Number(count) }),
  ],
  [/^until must be in the future, and at most/, () => t("refusals.untilShare")],
  [/^this is the last owner who can sign in;/, () => t("refusals.lastOwner")],
  [/^the current password is incorrect$/, () => t("refusals.currentPassword")],
  [/^this key is revoked;/, () => t("refusals.revoked")],
  [
    /^a model named "(?<name>.*)" exists; choose another alias$/s,
    ({ name = "" }) => t("refusals.aliasOfModel", { name }),
  ],
  [/^an alias must not point to itself$/, () => t("refusals.aliasOfItself")],
  [
    /^no account serves the model "(?<name>.*)";/s,
    ({ name = "" }) => t("refusals.unserved", { name }),
  ],
  [
    /^this key exists already, as "(?<name>.*)"$/s,
    ({ name = "" }) => t("refusals.keyExists", { name }),
  ],
  [/^baseUrl (?:is not an address|must be an http)/, () => t("refusals.baseUrl")],
  [/^baseUrl is required:/, () => t("refusals.baseUrlNeeded")],
  [/^proxyUrl must be an http,/, () => t("refusals.proxy")],
  [/^models is required:/, () => t("refusals.models")],
  [
    /^the header "(?<name>.*)" is not a valid header$/s,
    ({ name = "" }) => t("refusals.header", { name }),
  ],
  [/^prefix must be one word/, () => t("refusals.prefix")],
  [/^apiKey has invalid characters;/, () => t("refusals.apiKey")],
  [/^"(?<text>.*)" is not an e-mail address$/s, ({ text = "" }) => t("refusals.email", { text })],
  [/^address must be an e-mail address/, () => t("refusals.emailOwn")],
  [/^a webhook address must start with/, () => t("refusals.webhook")],
  [/^a group can have at most/, () => t("refusals.groupFull")],
];

/** Translates a message of the server about input; undefined if it is not known. */
export function describeMessage(message: string): string | undefined {
  for (const [pattern, translate] of MESSAGES) {
    const found = pattern.exec(message);
    if (found) return translate(found.groups ?? {}) || undefined;
  }
  return undefined;
}
