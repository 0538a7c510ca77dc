import { Show } from "solid-js";
import { t, tIfKnown } from "../../i18n";
import { formatNumber } from "../../lib/format";
import { SelectField, TextField } from "../../ui/Field";
import type { SettingsState } from "./createSettings";
import { type FieldName, rowOf } from "./table";

const ON_OFF = ["ON", "OFF"] as const;

function whenEmpty(field: FieldName): string {
  return t(field === "maxWaitSeconds" ? "limits.noWait" : "common.unlimited");
}

/** The value of a setting as text, outside of its field. */
export function describeValue(field: FieldName, value: string): string {
  const { kind } = rowOf(field);
  if (kind === "onOff") return value === "ON" ? t("common.on") : t("common.off");
  if (kind === "choice") return tIfKnown(`settings.choices.${field}.${value}`) ?? value;
  if (value.trim() === "") return whenEmpty(field);
  return Number.isFinite(Number(value)) ? formatNumber(Number(value)) : value;
}

/** One setting in the form. */
export function SettingField(props: { field: FieldName; settings: SettingsState }) {
  const row = () => rowOf(props.field);
  const isOptional = () => row().kind === "optional";
  const field = () => ({
    label: t(`settings.fields.${props.field}`),
    hint: tIfKnown(`settings.hints.${props.field}`),
    value: props.settings.draft()?.[props.field] ?? "",
  });
  const change = (event: { currentTarget: { value: string } }) =>
    props.settings.change(props.field, event.currentTarget.value);
  return (
    <Show
      when={row().kind === "onOff" ? ON_OFF : row().options}
      fallback={
        <TextField
          {...field()}
          type="number"
          min="0"
          step={row().kind === "mebibytes" ? "any" : "1"}
          required={!isOptional()}
          placeholder={isOptional() ? whenEmpty(props.field) : undefined}
          onInput={change}
        />
      }
    >
      {(options) => (
        <SelectField
          {...field()}
          options={options().map((option) => ({
            value: option,
            label: describeValue(props.field, option),
          }))}
          onChange={change}
        />
      )}
    </Show>
  );
}
