import type { ClientKind } from "../graphql/generated/graphql";

/** The clients with their product names, in display order. */
export const CLIENTS: Record<ClientKind, string> = {
  CLAUDE_CODE: "Claude Code",
  CODEX_CLI: "Codex CLI",
  GEMINI_CLI: "Gemini CLI",
  OPENCODE: "OpenCode",
  CURSOR: "Cursor",
  CLINE: "Cline",
  ROO_CODE: "Roo Code",
  CONTINUE: "Continue",
  OPENAI_SDK: "OpenAI SDK",
  ANTHROPIC_SDK: "Anthropic SDK",
  GOOGLE_GENAI_SDK: "Google GenAI SDK",
  CURL: "curl",
};

export const CLIENT_KINDS = Object.keys(CLIENTS) as ClientKind[];
