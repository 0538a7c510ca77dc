import type { ProviderKind } from "../graphql/generated/graphql";

/** Each provider's name for people, and the colour that it has on every page. */
export const PROVIDERS: Record<ProviderKind, { name: string; colour: string }> = {
  CHATGPT: { name: "ChatGPT", colour: "--color-chatgpt" },
  CLAUDE: { name: "Claude", colour: "--color-claude" },
  COPILOT: { name: "GitHub Copilot", colour: "--color-copilot" },
  GEMINI: { name: "Gemini", colour: "--color-gemini" },
  KIMI: { name: "Kimi", colour: "--color-kimi" },
  OPENAI_COMPATIBLE: { name: "OpenAI-compatible", colour: "--color-compatible" },
  XAI: { name: "xAI", colour: "--color-xai" },
};

/** All providers, in the order in which they are offered. */
export const PROVIDER_KINDS: readonly ProviderKind[] = [
  "CLAUDE",
  "CHATGPT",
  "GEMINI",
  "COPILOT",
  "KIMI",
  "XAI",
  "OPENAI_COMPATIBLE",
];
