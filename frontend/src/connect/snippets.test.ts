import { expect, test } from "vitest";
import { describeClients, MODELS } from "./snippets";

function codeFor(id: string): string {
  const client = describeClients("https://ai.example.org/", "sk-secret", MODELS.real).find(
    (each) => each.id === id,
  );
  return client?.snippets.map((snippet) => snippet.code).join("\n") ?? "";
}

test("Claude Code gets the address without /v1, because it adds that itself", () => {
  const { env } = JSON.parse(codeFor("claude-code"));

  expect(env.ANTHROPIC_BASE_URL).toBe("https://ai.example.org");
  expect(env.ANTHROPIC_AUTH_TOKEN).toBe("sk-secret");
});

test("Codex speaks the Responses protocol below /v1", () => {
  expect(codeFor("codex")).toContain('base_url = "https://ai.example.org/v1"');
  expect(codeFor("codex")).toContain('wire_api = "responses"');
});

test("every tool is told the address and the key", () => {
  for (const { id } of describeClients("https://ai.example.org", "sk-secret", MODELS.real)) {
    expect(codeFor(id)).toContain("https://ai.example.org");
    expect(codeFor(id)).toContain("sk-secret");
  }
});
