import type {
  RoutingSettingsInput,
  RoutingStrategy,
  SettingsValuesFragment,
  UpdateSettingsInput,
} from "../../graphql/generated/graphql";
import type { KeyUnder } from "../../i18n";

const MEBIBYTE = 1024 ** 2;

/** The name of a setting in the form. */
export type FieldName = KeyUnder<"settings.fields">;

/** The form's values: each setting as text, in the unit of its label. */
export type Draft = Record<FieldName, string>;

/** The settings by group, in display order. */
export const GROUPS: {
  name: "abandoned" | "size" | "rate" | "routing" | "failures" | "ownKeys" | "retention";
  fields: FieldName[];
}[] = [
  {
    name: "abandoned",
    fields: ["abortPolicy", "drainSeconds", "drainBytes", "drainConcurrency"],
  },
  { name: "size", fields: ["maxBodyBytes", "assumedOutputTokens"] },
  {
    name: "rate",
    fields: ["requestsPerMinute", "tokensPerMinute", "concurrentRequests", "concurrentSockets"],
  },
  {
    name: "routing",
    fields: ["strategy", "sessionAffinity", "sessionAffinitySeconds"],
  },
  {
    name: "failures",
    fields: [
      "requestRetries",
      "maxRetryCredentials",
      "maxRetryIntervalSeconds",
      "cooldown",
      "transientCooldownSeconds",
      "streamKeepaliveSeconds",
      "answerTimeoutSeconds",
      "accountCheckMinutes",
    ],
  },
  { name: "ownKeys", fields: ["ownKeys", "ownKeysMaximum"] },
  {
    name: "retention",
    fields: ["retentionDays", "keepErrorMessages", "backupEveryHours", "backupsKept"],
  },
];

export const FIELDS: FieldName[] = GROUPS.flatMap((group) => group.fields);

const RATES = [
  "requestsPerMinute",
  "tokensPerMinute",
  "concurrentRequests",
  "concurrentSockets",
] as const;

const WHOLE = [
  "drainSeconds",
  "drainConcurrency",
  "assumedOutputTokens",
  "answerTimeoutSeconds",
  "accountCheckMinutes",
  "ownKeysMaximum",
  "retentionDays",
  "backupEveryHours",
  "backupsKept",
] as const;

const ROUTING_WHOLE = [
  "sessionAffinitySeconds",
  "requestRetries",
  "maxRetryCredentials",
  "maxRetryIntervalSeconds",
  "transientCooldownSeconds",
  "streamKeepaliveSeconds",
] as const;

/** The options of settings with a fixed set of values. */
export const CHOICES = {
  abortPolicy: ["DRAIN", "CANCEL"],
  strategy: ["ROUND_ROBIN", "WEIGHTED", "FILL_FIRST"],
  sessionAffinity: ["ON", "OFF"],
  cooldown: ["ON", "OFF"],
  keepErrorMessages: ["ON", "OFF"],
  ownKeys: ["ON", "OFF"],
} as const;

/** A setting with a fixed set of values. */
export type ChoiceName = keyof typeof CHOICES;

/** Whether a setting has a fixed set of values. */
export function isChoice(field: FieldName): field is ChoiceName {
  return field in CHOICES;
}

/** Whether a setting may be empty, which means no limit. */
export function isOptional(field: FieldName): boolean {
  return RATES.some((name) => name === field);
}

/** The settings as form values; saving them unchanged has no effect. */
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
    answerTimeoutSeconds: String(settings.answerTimeoutSeconds),
    accountCheckMinutes: String(settings.accountCheckMinutes),
    ownKeys: settings.ownKeys ? "ON" : "OFF",
    ownKeysMaximum: String(settings.ownKeysMaximum),
    retentionDays: String(settings.retentionDays),
    keepErrorMessages: settings.keepErrorMessages ? "ON" : "OFF",
    backupEveryHours: String(settings.backupEveryHours),
    backupsKept: String(settings.backupsKept),
    ...routingDraft(settings.routing),
  };
}

function routingDraft(routing: SettingsValuesFragment["routing"]) {
  return {
    strategy: routing.strategy,
    sessionAffinity: routing.sessionAffinity ? "ON" : "OFF",
    sessionAffinitySeconds: String(routing.sessionAffinitySeconds),
    requestRetries: String(routing.requestRetries),
    maxRetryCredentials: String(routing.maxRetryCredentials),
    maxRetryIntervalSeconds: String(routing.maxRetryIntervalSeconds),
    cooldown: routing.cooldown ? "ON" : "OFF",
    transientCooldownSeconds: String(routing.transientCooldownSeconds),
    streamKeepaliveSeconds: String(routing.streamKeepaliveSeconds),
  };
}

/** The settings that differ. */
export function changedFields(before: Draft, after: Draft): FieldName[] {
  return FIELDS.filter((field) => before[field].trim() !== after[field].trim());
}

/** Applies the changes of one draft to another one. */
export function rebase(base: Draft, mine: Draft, theirs: Draft): Draft {
  const changed = changedFields(base, mine).map((field) => [field, mine[field]]);
  return { ...theirs, ...Object.fromEntries(changed) };
}

function bytes(text: string): number {
  return Math.round(Number(text) * MEBIBYTE);
}

function strategyOf(text: string): RoutingStrategy {
  return CHOICES.strategy.find((each) => each === text) ?? "ROUND_ROBIN";
}

function routingInput(changed: ReadonlySet<FieldName>, after: Draft): RoutingSettingsInput {
  const input: RoutingSettingsInput = {};
  if (changed.has("strategy")) input.strategy = strategyOf(after.strategy);
  for (const name of ["sessionAffinity", "cooldown"] as const) {
    if (changed.has(name)) input[name] = after[name] === "ON";
  }
  for (const name of ROUTING_WHOLE) {
    if (changed.has(name)) input[name] = Number(after[name]);
  }
  return input;
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
  for (const name of ["keepErrorMessages", "ownKeys"] as const) {
    if (changed.has(name)) input[name] = after[name] === "ON";
  }
  for (const name of WHOLE) {
    if (changed.has(name)) input[name] = Number(after[name]);
  }
  for (const name of ["drainBytes", "maxBodyBytes"] as const) {
    if (changed.has(name)) input[name] = bytes(after[name]);
  }
  const routing = routingInput(changed, after);
  if (Object.keys(routing).length > 0) input.routing = routing;
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
