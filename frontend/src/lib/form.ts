/** The text of a field, trimmed. */
export function readText(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}

/** The text of a field, trimmed, or null if it is empty. */
export function readOptional(form: FormData, name: string): string | null {
  return readText(form, name) || null;
}

/** A secret exactly as typed: a trailing space may be part of it. */
export function readSecret(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

/**
 * The fields that differ from what the form began with, so that a save does not undo what another administrator
 * changed meanwhile. An absent value is the same as null.
 */
export function changesOf<Input extends object>(before: object, input: Input): Partial<Input> {
  const text = (value: unknown) => JSON.stringify(value ?? null);
  const changed = Object.entries(input).filter(
    ([name, value]) => text(value) !== text(Reflect.get(before, name)),
  );
  return Object.fromEntries(changed) as Partial<Input>;
}

/** A list separated by commas or line breaks, or null if it is empty. */
export function readList(form: FormData, name: string): string[] | null {
  const items = readText(form, name)
    .split(/[\s,]+/)
    .filter(Boolean);
  return items.length > 0 ? items : null;
}

/** The end of the chosen day in the browser's time zone, or null if none is chosen. */
export function readEndOfDay(form: FormData, name: string): string | null {
  const value = readText(form, name);
  return value ? new Date(`${value}T23:59:59`).toISOString() : null;
}

/** The day of a time in the browser's time zone, as the value of a date field. */
export function endDay(iso: string | null | undefined): string {
  if (!iso) return "";
  const at = new Date(iso);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
