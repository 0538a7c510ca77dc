import type { SettingsValuesFragment, UpdateSettingsInput } from "../../graphql/generated/graphql";
import type { words } from "./words";

const MEBIBYTE = 1024 ** 2;

/** The name of a setting in the form. */
export type FieldName = keyof ReturnType<typeof words>["fields"];

/** What the form holds: each setting as text, in the unit of its label. */
export type Draft = Record<FieldName, string>;

/** The settings by what they are about, in the order of the page. */
export const GROUPS: { name: keyof ReturnType<typeof words>["groups"]; fields: FieldName[] }[] = [
  {
    name: "abandoned",
    fields: ["abortPolicy", "drainSeconds", "drainBytes", "drainConcurrency"],
  },
  { name: "size", fields: ["maxBodyBytes", "assumedOutputTokens"] },
  {
    name: "rate",
    fields: ["requestsPerMinute", "tokensPerMinute", "concurrentRequests", "concurrentSockets"],
  },
  { name: "retention", fields: ["retentionDays"] },
];

/** All of them. */
export const FIELDS: FieldName[] = GROUPS.flatMap((group) => group.fields);

const RATES = [
  "requestsPerMinute",
  "tokensPerMinute",
  "concurrentRequests",
  "concurrentSockets",
] as const;

/** Whether a setting may be left empty, which is no limit. */
export function isOptional(field: FieldName): boolean {
  return RATES.some((name) => name === field);
}

/** The settings as the form shows them; saving them unchanged changes nothing. */
export function draftOf(settings: SettingsValuesFragment): Draft {
  const rate = (name: (typeof RATES)[number]) => String(settings.defaultRateLimit[name] ?? "");
  return {
    abortPolicy: settings.abortPolicy,
    drainSeconds: String(settings.drainSeconds),
    drainBytes: String(settings.drainBytes / MEBIBYTE),
    drainConcurrency: String(settings.drainConcurrency),
    maxBodyBytes: String(settings.maxBodyBytes / MEBIBYTE),
    assumedOutputTokens: String(settings.assumedOutputTokens),
    requestsPerMinute: rate("requestsPerMinute"),
    tokensPerMinute: rate("tokensPerMinute"),
    concurrentRequests: rate("concurrentRequests"),
    concurrentSockets: rate("concurrentSockets"),
    retentionDays: String(settings.retentionDays),
  };
}

/** Which settings differ. */
export function changedFields(before: Draft, after: Draft): FieldName[] {
  return FIELDS.filter((field) => before[field].trim() !== after[field].trim());
}

/** What of one draft was changed, put on top of another: theirs, and yours on it. */
export function rebase(base: Draft, mine: Draft, theirs: Draft): Draft {
  const changed = changedFields(base, mine).map((field) => [field, mine[field]]);
  return { ...theirs, ...Object.fromEntries(changed) };
}

function bytes(text: string): number {
  return Math.round(Number(text) * MEBIBYTE);
}

/** The changed settings, in the units of the server. */
export function inputOf(before: Draft, after: Draft): UpdateSettingsInput {
  const changed = new Set(changedFields(before, after));
  const rate = (name: (typeof RATES)[number]) =>
    after[name].trim() === "" ? null : Number(after[name]);
  const input: UpdateSettingsInput = {};
  if (changed.has("abortPolicy")) {
    input.abortPolicy = after.abortPolicy === "CANCEL" ? "CANCEL" : "DRAIN";
  }
  for (const name of [
    "drainSeconds",
    "drainConcurrency",
    "assumedOutputTokens",
    "retentionDays",
  ] as const) {
    if (changed.has(name)) input[name] = Number(after[name]);
  }
  for (const name of ["drainBytes", "maxBodyBytes"] as const) {
    if (changed.has(name)) input[name] = bytes(after[name]);
  }
  if (RATES.some((name) => changed.has(name))) {
    input.defaultRateLimit = {
      requestsPerMinute: rate("requestsPerMinute"),
      tokensPerMinute: rate("tokensPerMinute"),
      concurrentRequests: rate("concurrentRequests"),
      concurrentSockets: rate("concurrentSockets"),
    };
  }
  return input;
}
