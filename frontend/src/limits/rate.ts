import { readText } from "../lib/form";

/** The fields of a rate limit, in the order of the form. */
export const RATE_FIELDS = [
  "requestsPerMinute",
  "tokensPerMinute",
  "concurrentRequests",
  "concurrentSockets",
] as const;

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
  };
}
