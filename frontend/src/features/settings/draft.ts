import type { SettingsValuesFragment, UpdateSettingsInput } from "../../graphql/generated/graphql";
import { FIELDS, type FieldName, type Kind, rowOf } from "./table";

const MEBIBYTE = 1024 ** 2;

/** The form's values: each setting as text, in the unit of its label. */
export type Draft = Record<FieldName, string>;

/** How a value of the server becomes text, and text a value of the server. */
const CONVERSIONS: Record<
  Kind,
  { show: (value: unknown) => string; read: (text: string) => unknown }
> = {
  whole: { show: String, read: Number },
  optional: {
    show: (value) => String(value ?? ""),
    read: (text) => (text.trim() === "" ? null : Number(text)),
  },
  mebibytes: {
    show: (value) => String(Number(value) / MEBIBYTE),
    read: (text) => Math.round(Number(text) * MEBIBYTE),
  },
  choice: { show: String, read: String },
  onOff: { show: (value) => (value ? "ON" : "OFF"), read: (text) => text === "ON" },
};

/** The settings as form values; saving them unchanged has no effect. */
export function draftOf(settings: SettingsValuesFragment): Draft {
  const texts = FIELDS.map((field) => {
    const { kind, in: where } = rowOf(field);
    const values: Record<string, unknown> = where ? settings[where] : settings;
    return [field, CONVERSIONS[kind].show(values[field])];
  });
  return Object.fromEntries(texts) as Draft;
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

/** The changed settings, in the units of the server. The server replaces the parts of the rate limit together. */
export function inputOf(before: Draft, after: Draft): UpdateSettingsInput {
  const changed = changedFields(before, after);
  const isRate = (field: FieldName) => rowOf(field).in === "defaultRateLimit";
  const sent = changed.some(isRate) ? changed.concat(FIELDS.filter(isRate)) : changed;
  const input: Record<string, unknown> & { [nested: string]: object } = {};
  for (const field of sent) {
    const { kind, in: where } = rowOf(field);
    const value = CONVERSIONS[kind].read(after[field]);
    if (where) input[where] = { ...input[where], [field]: value };
    else Object.assign(input, { [field]: value });
  }
  return input;
}
