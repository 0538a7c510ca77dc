import { TextField } from "../../ui/Field";

/** A field for an amount of US dollars. */
export function Money(props: { label: string; name: string; hint?: string; required?: boolean }) {
  return (
    <TextField
      label={props.label}
      name={props.name}
      hint={props.hint}
      required={props.required ?? false}
      type="number"
      min="0"
      step="any"
      inputmode="decimal"
      placeholder="$"
    />
  );
}
