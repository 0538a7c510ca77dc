import type { ProviderKind } from "../graphql/generated/graphql";
import type { SupportedProvider } from "../ui/providers";

function provider(kind: ProviderKind, displayName: string): SupportedProvider {
  return {
    kind,
    displayName,
    colors: { light: "oklch(0.6 0.14 45)", dark: "oklch(0.74 0.13 50)" },
    apiKeys: { defaultBaseUrl: "https://api.example.com", modelsRequired: false },
    signIn: "PASTE",
    options: [],
    additionalModels: false,
  };
}

/** Some providers as the server describes them. */
export const SOME_PROVIDERS: readonly SupportedProvider[] = [
  { ...provider("CLAUDE", "Claude"), options: ["CLOAKING"] },
  provider("CHATGPT", "ChatGPT"),
  provider("GEMINI", "Gemini"),
  {
    ...provider("OPENAI_COMPATIBLE", "OpenAI-compatible"),
    apiKeys: { defaultBaseUrl: null, modelsRequired: true },
    signIn: null,
  },
];
