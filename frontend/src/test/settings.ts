import { FIELDS, type FieldName, rowOf } from "../features/settings/table";
import type { SettingsValuesFragment } from "../graphql/generated/graphql";

const VALUES = { whole: 1, mebibytes: 1024 ** 2, optional: null, onOff: true, choice: undefined };

/** Settings at version 3 with some values, and any for the other settings. */
export function settingsWith(values: Partial<Record<FieldName, unknown>>) {
  const settings: Record<string, unknown> & { routing: object; defaultRateLimit: object } = {
    __typename: "Settings",
    version: 3,
    updatedAt: null,
    routing: { __typename: "RoutingSettings" },
    defaultRateLimit: { __typename: "RateLimit" },
  };
  for (const field of FIELDS) {
    const { kind, options, in: where } = rowOf(field);
    const value = values[field] ?? options?.[0] ?? VALUES[kind];
    Object.assign(where ? settings[where] : settings, { [field]: value });
  }
  return settings as unknown as SettingsValuesFragment;
}
