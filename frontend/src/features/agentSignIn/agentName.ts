const KNOWN: [RegExp, string][] = [
  [/^claude/i, "Claude Code"],
  [/^codex/i, "Codex"],
  [/^opencode/i, "OpenCode"],
  [/^gemini/i, "Gemini CLI"],
  [/^qwen/i, "Qwen Code"],
];

type Agent = { agent?: string | null; surface?: string | null; clientId?: string | null };

/** The name of an agent by what it sends of itself, which nothing proves; undefined if it sends nothing. */
export function agentName(request: Agent): string | undefined {
  const texts = [request.surface, request.clientId, request.agent].filter((text) => text);
  for (const text of texts) {
    const known = KNOWN.find(([pattern]) => text && pattern.test(text));
    if (known) return known[1];
  }
  return texts[0] ?? undefined;
}
