import type { Outcome } from "../../graphql/generated/graphql";
import type { BadgeTone } from "../../ui/Badge";

/** How each outcome is told: its tone, a word for the table, and a sentence for the tooltip. */
export const OUTCOMES: Record<Outcome, { tone: BadgeTone; word: string; meaning: string }> = {
  COMPLETED: { tone: "ok", word: "completed", meaning: "The answer was delivered whole." },
  CLIENT_GONE: { tone: "warn", word: "client left", meaning: "The client hung up before the end." },
  UPSTREAM_ERROR: {
    tone: "bad",
    word: "provider error",
    meaning: "The provider answered an error.",
  },
  REJECTED: { tone: "plain", word: "rejected", meaning: "This server refused the request." },
  INTERRUPTED: { tone: "warn", word: "interrupted", meaning: "This server stopped while it ran." },
};
