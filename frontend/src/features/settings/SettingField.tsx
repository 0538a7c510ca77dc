import { Show } from "solid-js";
import { SelectField, TextField } from "../../ui/Field";
import type { SettingsState } from "./createSettings";
import { type FieldName, isOptional } from "./draft";
import { words } from "./words";

const FRACTIONS: readonly FieldName[] = ["drainBytes", "maxBodyBytes"];

/** How a setting's value is told outside of its field. */
export function describeValue(field: FieldName, value: string): string {
  if (field === "abortPolicy") {
    return value === "CANCEL" ? words().policies.CANCEL : words().policies.DRAIN;
  }
  return value.trim() === "" ? words().notLimited : value;
}

/** One setting in the form. */
export function SettingField(props: { field: FieldName; settings: SettingsState }) {
  const value = () => props.settings.draft()?.[props.field] ?? "";
  const hint = () => {
    const hints: Partial<Record<FieldName, string>> = words().hints;
    return hints[props.field];
  };
  return (
    <Show
      when={props.field === "abortPolicy"}
      fallback={
        <TextField
          label={words().fields[props.field]}
          hint={hint()}
          type="number"
          min="0"
          step={FRACTIONS.includes(props.field) ? "any" : "1"}
          required={!isOptional(props.field)}
          placeholder={isOptional(props.field) ? words().notLimited : undefined}
          value={value()}
          onInput={(event) => props.settings.change(props.field, event.currentTarget.value)}
        />
      }
    >
      <SelectField
        label={words().fields.abortPolicy}
        hint={hint()}
        value={value()}
        options={(["DRAIN", "CANCEL"] as const).map((policy) => ({
          value: policy,
          label: words().policies[policy],
        }))}
        onChange={(event) => props.settings.change("abortPolicy", event.currentTarget.value)}
      />
    </Show>
  );
}
