/** Something to paste: where it goes, and the text. */
export type Snippet = { place: string; code: string };

/** One tool's set-up. */
export type Client = { id: string; name: string; note: string; snippets: Snippet[] };

type Access = {
  /** Where this server is reached, without a slash at its end. */
  baseUrl: string;
  secret: string;
  models: Models;
};

/** A model of each family for the examples. */
export type Models = { gpt: string; claude: string; gemini: string };

/** What the examples name; the demo engine has models of its own. */
export const MODELS: { real: Models; demo: Models } = {
  real: { gpt: "gpt-5", claude: "claude-sonnet-4-5", gemini: "gemini-2.5-pro" },
  demo: { gpt: "demo-gpt", claude: "demo-claude", gemini: "demo-gemini" },
};

type Describe = (access: Access) => Client;

const curl: Describe = ({ baseUrl, secret, models }) => ({
  id: "curl",
  name: "curl",
  note: "The first line lists the models that this key may use; put one of them into the second.",
  snippets: [
    {
      place: "terminal",
      code: `curl ${baseUrl}/v1/models -H "Authorization: Bearer ${secret}"`,
    },
    {
      place: "terminal",
      code: `curl ${baseUrl}/v1/chat/completions \\
  -H "Authorization: Bearer ${secret}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${models.gpt}", "messages": [{"role": "user", "content": "Hello"}]}'`,
    },
  ],
});

const claudeCode: Describe = ({ baseUrl, secret }) => ({
  id: "claude-code",
  name: "Claude Code",
  note: "The address has no /v1 at its end: Claude Code adds it.",
  snippets: [
    {
      place: "~/.claude/settings.json",
      code: JSON.stringify(
        { env: { ANTHROPIC_BASE_URL: baseUrl, ANTHROPIC_AUTH_TOKEN: secret } },
        null,
        2,
      ),
    },
  ],
});

const codex: Describe = ({ baseUrl, secret, models }) => ({
  id: "codex",
  name: "Codex CLI",
  note: "The two first lines belong above every [table] of the file.",
  snippets: [
    {
      place: "~/.codex/config.toml",
      code: `model = "${models.gpt}"
model_provider = "proxypal"

[model_providers.proxypal]
name = "ProxyPal"
base_url = "${baseUrl}/v1"
env_key = "PROXYPAL_API_KEY"
wire_api = "responses"`,
    },
    { place: "~/.profile", code: `export PROXYPAL_API_KEY="${secret}"` },
  ],
});

const openai: Describe = ({ baseUrl, secret, models }) => ({
  id: "openai",
  name: "OpenAI SDK",
  note: "Any tool that asks for an “OpenAI-compatible” address takes the same two values.",
  snippets: [
    {
      place: "Python",
      code: `from openai import OpenAI

client = OpenAI(
    base_url="${baseUrl}/v1",
    api_key="${secret}",
)
answer = client.chat.completions.create(
    model="${models.gpt}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`,
    },
  ],
});

const anthropic: Describe = ({ baseUrl, secret, models }) => ({
  id: "anthropic",
  name: "Anthropic SDK",
  note: "The address has no /v1 at its end: the SDK adds it.",
  snippets: [
    {
      place: "Python",
      code: `from anthropic import Anthropic

client = Anthropic(
    base_url="${baseUrl}",
    api_key="${secret}",
)
answer = client.messages.create(
    model="${models.claude}",
    max_tokens=1024,
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.content[0].text)`,
    },
  ],
});

const googleGenai: Describe = ({ baseUrl, secret, models }) => ({
  id: "google-genai",
  name: "google-genai SDK",
  note: "The address has no /v1beta at its end: the SDK adds it.",
  snippets: [
    {
      place: "Python",
      code: `from google import genai
from google.genai import types

client = genai.Client(
    api_key="${secret}",
    http_options=types.HttpOptions(base_url="${baseUrl}"),
)
answer = client.models.generate_content(
    model="${models.gemini}",
    contents="Hello",
)
print(answer.text)`,
    },
  ],
});

const CLIENTS: Describe[] = [curl, claudeCode, codex, openai, anthropic, googleGenai];

/** How each tool is told to use this server with this key. */
export function describeClients(publicUrl: string, secret: string, models: Models): Client[] {
  const access = { baseUrl: publicUrl.replace(/\/+$/, ""), secret, models };
  return CLIENTS.map((describe) => describe(access));
}
