/** The protocols of the playground. */
export type AskProtocol = "chat" | "responses" | "messages" | "gemini";

/** The request that the playground sends. */
export type Question = {
  protocol: AskProtocol;
  model: string;
  prompt: string;
  maxTokens: number;
  isStreamed: boolean;
};

type Json = { [key: string]: unknown };

/** The request of a protocol, and the location of the text in its responses. */
type Manner = {
  name: string;
  path: (question: Question) => string;
  headers: (key: string) => Record<string, string>;
  body: (question: Question) => Json;
  /** The text of a whole response, or of one event of a stream. */
  text: (answer: unknown) => string;
};

/** Reads a path of keys and indexes in an unknown value. */
function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inside, step) => {
    if (typeof inside !== "object" || inside === null) return undefined;
    return Reflect.get(inside, step);
  }, value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function joined(list: unknown, ...path: (string | number)[]): string {
  return Array.isArray(list) ? list.map((each) => textOf(at(each, ...path))).join("") : "";
}

function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

const MESSAGE = (question: Question) => [{ role: "user", content: question.prompt }];

/** The properties of each protocol. */
export const PROTOCOLS: Record<AskProtocol, Manner> = {
  chat: {
    name: "OpenAI Chat",
    path: () => "v1/chat/completions",
    headers: bearer,
    body: (question) => ({
      model: question.model,
      messages: MESSAGE(question),
      max_completion_tokens: question.maxTokens,
      stream: question.isStreamed,
      ...(question.isStreamed ? { stream_options: { include_usage: true } } : {}),
    }),
    text: (answer) =>
      textOf(at(answer, "choices", 0, "delta", "content")) ||
      textOf(at(answer, "choices", 0, "message", "content")),
  },
  responses: {
    name: "OpenAI Responses",
    path: () => "v1/responses",
    headers: bearer,
    body: (question) => ({
      model: question.model,
      input: question.prompt,
      max_output_tokens: question.maxTokens,
      stream: question.isStreamed,
    }),
    text: (answer) => {
      if (at(answer, "type") === "response.output_text.delta") return textOf(at(answer, "delta"));
      const output = at(answer, "output");
      return Array.isArray(output)
        ? output.map((item) => joined(at(item, "content"), "text")).join("")
        : "";
    },
  },
  messages: {
    name: "Anthropic Messages",
    path: () => "v1/messages",
    headers: (key) => ({ "x-api-key": key, "anthropic-version": "2023-06-01" }),
    body: (question) => ({
      model: question.model,
      messages: MESSAGE(question),
      max_tokens: question.maxTokens,
      stream: question.isStreamed,
    }),
    text: (answer) => textOf(at(answer, "delta", "text")) || joined(at(answer, "content"), "text"),
  },
  gemini: {
    name: "Gemini",
    path: (question) =>
      `v1beta/models/${encodeURIComponent(question.model)}:${question.isStreamed ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    headers: (key) => ({ "x-goog-api-key": key }),
    body: (question) => ({
      contents: [{ role: "user", parts: [{ text: question.prompt }] }],
      generationConfig: { maxOutputTokens: question.maxTokens },
    }),
    text: (answer) => joined(at(answer, "candidates", 0, "content", "parts"), "text"),
  },
};

/** The protocols in display order. */
export const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as AskProtocol[];

/** The message of an error response in any protocol; the whole body if it has none. */
export function errorText(body: string): string {
  return textOf(at(readJson(body), "error", "message")) || body;
}

/** Parses JSON; undefined if it is invalid. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
