import type { CombinedError } from "@urql/core";
import { t, tIfKnown } from "../i18n";
import { describeMessage } from "./describeMessage";

/** An error for users: message, remedy, and the request id in the server's log. */
export type Explanation = { cause: string; cure?: string; reference?: string };

/** The stable code of the first error that the server sent. */
export function errorCode(error: CombinedError | undefined): string | undefined {
  const code = error?.graphQLErrors[0]?.extensions.code;
  return typeof code === "string" ? code : undefined;
}

function requestId(error: CombinedError): string | undefined {
  const id = error.graphQLErrors[0]?.extensions.requestId;
  if (typeof id === "string") return id;
  const response: unknown = error.response;
  return response instanceof Response
    ? (response.headers.get("X-Request-Id") ?? undefined)
    : undefined;
}

/** Translates an error for users. */
export function explain(error: CombinedError): Explanation {
  if (error.networkError) {
    return { cause: t("errors.unreachable"), cure: t("errors.unreachableHint") };
  }
  const code = errorCode(error);
  const id = requestId(error);
  const reference =
    [code, id && t("errors.requestId", { id })].filter(Boolean).join(" · ") || undefined;
  if (code === "INTERNAL") {
    return { cause: t("errors.internal"), cure: t("errors.internalHint"), reference };
  }
  const message = error.graphQLErrors[0]?.message ?? error.message;
  return {
    cause: tIfKnown(`errors.causes.${code}`) ?? describeMessage(message) ?? asSentence(message),
    // A conflict of names is not resolved by reloading; its message names the remedy.
    cure: code !== "CONFLICT" || isOutdated(error) ? tIfKnown(`errors.cures.${code}`) : undefined,
    reference,
  };
}

/** Whether the server refused a change because it is based on an earlier version. */
export function isOutdated(error: CombinedError | undefined): boolean {
  const [first] = error?.graphQLErrors ?? [];
  return errorCode(error) === "CONFLICT" && typeof first?.extensions.currentVersion === "number";
}

/** The server's messages are parts of a sentence; here they are sentences. */
function asSentence(message: string): string {
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}
