import type { AbortPolicy, UpdateSettingsInput } from "../../graphql/generated/graphql";
import { readText } from "../../lib/form";

const MEBIBYTE = 1024 ** 2;

/** What can be done when a client leaves early. */
export const ABORT_POLICIES: { value: AbortPolicy; label: string }[] = [
  { value: "DRAIN", label: "Read on to the end and count" },
  { value: "CANCEL", label: "Hang up on the provider and estimate" },
];

/** A number of bytes in the unit of the form, exactly, so that saving unchanged changes nothing. */
export function inMebibytes(bytes: number): number {
  return bytes / MEBIBYTE;
}

/** What the form says, in the units of the server. */
export function readSettings(form: FormData): UpdateSettingsInput {
  const number = (name: string) => Number(readText(form, name));
  return {
    abortPolicy: readText(form, "abortPolicy") === "CANCEL" ? "CANCEL" : "DRAIN",
    drainSeconds: number("drainSeconds"),
    drainBytes: Math.round(number("drainBytes") * MEBIBYTE),
    drainConcurrency: number("drainConcurrency"),
    maxBodyBytes: Math.round(number("maxBodyBytes") * MEBIBYTE),
  };
}
