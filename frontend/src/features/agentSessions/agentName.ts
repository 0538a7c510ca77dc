import type { Agent } from "../../graphql/generated/graphql";
import { t } from "../../i18n";

/** The agents that can be chosen. */
export const AGENTS: readonly Agent[] = [
  "CLAUDE_CODE",
  "CODEX",
  "OPENCODE",
  "GEMINI_CLI",
  "QWEN_CODE",
  "OTHER",
];

/** The product's name of an agent, with its version if that is known. */
export function agentName(session: { agent: Agent; agentVersion?: string | null }): string {
  const name = t(`agentSessions.agents.${session.agent}`);
  return session.agentVersion ? `${name} ${session.agentVersion}` : name;
}
