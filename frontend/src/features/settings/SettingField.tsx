import { Show } from "solid-js";
import { t, tIfKnown } from "../../i18n";
import { SelectField, TextField } from "../../ui/Field";
import type { SettingsState } from "./createSettings";
import { CHOICES, type FieldName, isChoice, isOptional } from "./draft";

const FRACTIONS: readonly FieldName[] = ["drainBytes", "maxBodyBytes"];

/** The value of a setting as text, outside of its field. */
export function describeValue(field: FieldName, value: string): string {
  if (isChoice(field)) return tIfKnown(`settings.choices.${field}.${value}`) ?? value;
  return value.trim() === "" ? t("common.unlimited") : value;
}

/** One setting in the form. */
export function SettingField(props: { field: FieldName; settings: SettingsState }) {
  const value = () => props.settings.draft()?.[props.field] ?? "";
  const hint = () => tIfKnown(`settings.hints.${props.field}`);
  return (
    <Show
      when={isChoice(props.field) && props.field}
      fallback={
        <TextField
          label={t(`settings.fields.${props.field}`)}
          hint={hint()}
          type="number"
          min="0"
          step={FRACTIONS.includes(props.field) ? "any" : "1"}
          required={!isOptional(props.field)}
          placeholder={isOptional(props.field) ? t("common.unlimited") : undefined}
          value={value()}
          onInput={(event) => props.settings.change(props.field, event.currentTarget.value)}
        />
      }
    >
      {(field) => (
        <SelectField
          label={t(`settings.fields.${field()}`)}
          hint={hint()}
          value={value()}
          options={CHOICES[field()].map((choice) => ({
            value: choice,
            label: describeValue(field(), choice),
          }))}
          onChange={(event) => props.settings.change(field(), event.currentTarget.value)}
        />
      )}
    </Show>
  );
}
