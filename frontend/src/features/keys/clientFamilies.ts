import type { ClientFamily } from "../../graphql/generated/graphql";

/** The names of the families of clients, as their makers write them. */
const NAMES: Record<ClientFamily, string> = {
  CLAUDE_CODE: "Claude Code",
  CODEX: "Codex",
  GEMINI_CLI: "Gemini CLI",
  OPENCODE: "OpenCode",
  QWEN_CODE: "Qwen Code",
  CLINE: "Cline",
  ROO_CODE: "Roo Code",
  OPENAI_SDK: "OpenAI SDK",
  ANTHROPIC_SDK: "Anthropic SDK",
  GOOGLE_GENAI_SDK: "Google Gen AI SDK",
  AI_SDK: "AI SDK",
  CURL: "curl",
};

/** All families, in display order. */
export const CLIENT_FAMILIES = Object.keys(NAMES) as ClientFamily[];

/** The name of a family. */
export function familyName(family: ClientFamily): string {
  return NAMES[family];
}
