import type { EngineState } from "../../graphql/generated/graphql";
import type { BadgeTone } from "../../ui/Badge";

/** How much reason there is to worry in each state of the engine. */
export const TONES: Record<EngineState, BadgeTone> = {
  STARTING: "info",
  RUNNING: "ok",
  BACKING_OFF: "warn",
  STOPPED: "plain",
  FAILED: "bad",
};
