import type { SettingsValuesFragment } from "../../graphql/generated/graphql";

/** The groups of settings, in display order. */
export const GROUPS = [
  "abandoned",
  "size",
  "rate",
  "routing",
  "failures",
  "engine",
  "keys",
  "ownKeys",
  "retention",
] as const;

type Group = (typeof GROUPS)[number];
type Nested = "routing" | "defaultRateLimit";
type Gateway = Omit<SettingsValuesFragment, Nested | "version" | "updatedAt" | " $fragmentName">;

/** The row of a setting whose values have a type. */
type RowOf<Value> = { group: Group } & ([Value] extends [boolean]
  ? { kind: "onOff" }
  : [Value] extends [string]
    ? { kind: "choice"; options: readonly Value[] }
    : null extends Value
      ? { kind: "optional" }
      : { kind: "whole" | "mebibytes" });
type RowsIn<Where extends Nested> = {
  [Name in keyof SettingsValuesFragment[Where]]: RowOf<SettingsValuesFragment[Where][Name]> & {
    in: Where;
  };
};
type Rows = { [Name in keyof Gateway]: RowOf<Gateway[Name]> } & RowsIn<"routing"> &
  RowsIn<"defaultRateLimit">;

/**
 * Every setting in display order: its group, the kind of its value, and the object of `Settings` that it is in. An
 * optional number is unlimited when it is empty.
 */
const SETTINGS = {
  abortPolicy: { group: "abandoned", kind: "choice", options: ["DRAIN", "CANCEL"] },
  drainSeconds: { group: "abandoned", kind: "whole" },
  drainBytes: { group: "abandoned", kind: "mebibytes" },
  drainConcurrency: { group: "abandoned", kind: "whole" },

  maxBodyBytes: { group: "size", kind: "mebibytes" },
  assumedOutputTokens: { group: "size", kind: "whole" },

  requestsPerMinute: { group: "rate", kind: "optional", in: "defaultRateLimit" },
  tokensPerMinute: { group: "rate", kind: "optional", in: "defaultRateLimit" },
  concurrentRequests: { group: "rate", kind: "optional", in: "defaultRateLimit" },
  concurrentSockets: { group: "rate", kind: "optional", in: "defaultRateLimit" },
  maxWaitSeconds: { group: "rate", kind: "optional", in: "defaultRateLimit" },
  maxWaiting: { group: "rate", kind: "whole" },

  strategy: {
    group: "routing",
    kind: "choice",
    options: ["ROUND_ROBIN", "WEIGHTED", "FILL_FIRST"],
    in: "routing",
  },
  accountStrategy: {
    group: "routing",
    kind: "choice",
    options: ["MOST_LEFT", "ROUND_ROBIN", "FILL_FIRST", "SOONEST_RESET"],
    in: "routing",
  },
  sessionAffinity: { group: "routing", kind: "onOff", in: "routing" },
  sessionAffinitySeconds: { group: "routing", kind: "whole", in: "routing" },

  requestRetries: { group: "failures", kind: "whole", in: "routing" },
  maxRetryCredentials: { group: "failures", kind: "whole", in: "routing" },
  maxRetryIntervalSeconds: { group: "failures", kind: "whole", in: "routing" },
  cooldown: { group: "failures", kind: "onOff", in: "routing" },
  transientCooldownSeconds: { group: "failures", kind: "whole", in: "routing" },
  streamKeepaliveSeconds: { group: "failures", kind: "whole", in: "routing" },
  answerTimeoutSeconds: { group: "failures", kind: "whole" },
  accountCheckMinutes: { group: "failures", kind: "whole" },

  refreshModelCatalogue: { group: "engine", kind: "onOff" },

  maxKeyLifeDays: { group: "keys", kind: "whole" },
  maxKeyIdleDays: { group: "keys", kind: "whole" },
  keyNetworkMinutes: { group: "keys", kind: "whole" },
  revokeKeyInTwoNetworks: { group: "keys", kind: "onOff" },

  ownKeys: { group: "ownKeys", kind: "onOff" },
  ownKeysMaximum: { group: "ownKeys", kind: "whole" },
  agentSignIn: { group: "ownKeys", kind: "onOff" },
  agentSignInDays: { group: "ownKeys", kind: "whole" },
  ownAlertAddresses: { group: "ownKeys", kind: "onOff" },

  retentionDays: { group: "retention", kind: "whole" },
  keepErrorMessages: { group: "retention", kind: "onOff" },
  backupEveryHours: { group: "retention", kind: "whole" },
  backupsKept: { group: "retention", kind: "whole" },
} as const satisfies Rows;

/** The name of a setting in the form. */
export type FieldName = keyof typeof SETTINGS;

/** How a setting is entered and shown. */
export type Kind = (typeof SETTINGS)[FieldName]["kind"];

/** A row of the table. */
export type Row = { group: Group; kind: Kind; options?: readonly string[]; in?: Nested };

/** The row of a setting. */
export function rowOf(field: FieldName): Row {
  return SETTINGS[field];
}

/** All settings, in display order. */
export const FIELDS = Object.keys(SETTINGS) as FieldName[];

/** The settings of a group, in display order. */
export function fieldsOf(group: Group): FieldName[] {
  return FIELDS.filter((field) => rowOf(field).group === group);
}
