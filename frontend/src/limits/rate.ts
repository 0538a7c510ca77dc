import { t } from "../i18n";
import { readText } from "../lib/form";

/** The fields of a rate limit, in the order of the form. */
export const RATE_FIELDS = [
  "requestsPerMinute",
  "tokensPerMinute",
  "concurrentRequests",
  "concurrentSockets",
  "maxWaitSeconds",
] as const;

/** The meaning of an empty field. */
export function whenEmpty(field: (typeof RATE_FIELDS)[number]): string {
  return t(field === "maxWaitSeconds" ? "limits.noWait" : "common.unlimited");
}

/** The bounds of a field. */
export function boundsOf(field: (typeof RATE_FIELDS)[number]) {
  return field === "maxWaitSeconds" ? { min: "0", max: "120" } : { min: "1" };
}

function readNumber(form: FormData, name: string): number | null {
  const text = readText(form, name);
  return text === "" ? null : Number(text);
}

/** Reads the form; null is unlimited. */
export function readRate(form: FormData) {
  return {
    requestsPerMinute: readNumber(form, "requestsPerMinute"),
    tokensPerMinute: readNumber(form, "tokensPerMinute"),
    concurrentRequests: readNumber(form, "concurrentRequests"),
    concurrentSockets: readNumber(form, "concurrentSockets"),
    maxWaitSeconds: readNumber(form, "maxWaitSeconds"),
  };
}
