import { expect, test } from "vitest";
import { agentName } from "./agentName";

test("an agent is named by its surface, its client id or its user agent", () => {
  expect(agentName({ surface: "claude_code", agent: "axios/1.8" })).toBe("Claude Code");
  expect(agentName({ agent: "claude-code/2.1.332" })).toBe("Claude Code");
  expect(agentName({ clientId: "codex", agent: "reqwest/0.12" })).toBe("Codex");
  expect(agentName({ agent: "curl/8" })).toBe("curl/8");
  expect(agentName({ agent: null })).toBeUndefined();
});
