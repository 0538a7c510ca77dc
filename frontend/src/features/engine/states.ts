import type { EngineMode, EngineState } from "../../graphql/generated/graphql";
import type { BadgeTone } from "../../ui/Badge";

/** How each state of the engine is told. */
export const STATES: Record<EngineState, { tone: BadgeTone; word: string; meaning: string }> = {
  STARTING: { tone: "info", word: "starting", meaning: "It is getting ready; requests wait." },
  RUNNING: { tone: "ok", word: "running", meaning: "Requests are being served." },
  BACKING_OFF: {
    tone: "warn",
    word: "restarting",
    meaning: "It stopped by itself; the server starts it again after a pause.",
  },
  STOPPED: {
    tone: "plain",
    word: "stopped",
    meaning: "Requests are refused until somebody starts it.",
  },
  FAILED: { tone: "bad", word: "failed", meaning: "It cannot run. The last error says why." },
};

/** How each kind of engine is told. */
export const MODES: Record<EngineMode, string> = {
  MANAGED: "managed by this server",
  EXTERNAL: "external",
  DEMO: "demo",
};
