import type { Outcome } from "../../graphql/generated/graphql";
import type { BadgeTone } from "../../ui/Badge";

/** The tone in which each outcome is told. */
export const OUTCOME_TONES: Record<Outcome, BadgeTone> = {
  COMPLETED: "ok",
  CLIENT_GONE: "warn",
  UPSTREAM_ERROR: "bad",
  REJECTED: "plain",
  INTERRUPTED: "warn",
};

/** The outcomes in the order in which they are offered. */
export const OUTCOME_NAMES = Object.keys(OUTCOME_TONES) as Outcome[];
