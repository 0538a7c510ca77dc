import type { ProviderKind } from "../../graphql/generated/graphql";

/** The fixed colour of each provider. Whole class names, because Tailwind looks for them. */
export const PROVIDER_COLOURS: Record<ProviderKind, string> = {
  CLAUDE: "bg-claude",
  CHATGPT: "bg-chatgpt",
  GEMINI: "bg-gemini",
  COPILOT: "bg-copilot",
  KIMI: "bg-kimi",
  XAI: "bg-xai",
  OPENAI_COMPATIBLE: "bg-compatible",
};

/** Whether accounts of a provider can be had by signing in there, and not by a key alone. */
export function canSignIn(kind: ProviderKind): boolean {
  return kind !== "OPENAI_COMPATIBLE";
}
