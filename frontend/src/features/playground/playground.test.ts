import { expect, test } from "vitest";
import { createEventReader } from "./createRun";
import { errorText, PROTOCOLS, type Question } from "./protocols";

const question: Question = {
  protocol: "chat",
  model: "m",
  prompt: "Hello",
  maxTokens: 5,
  isStreamed: true,
};

test("events are read whole, however the bytes were cut", () => {
  const seen: string[] = [];
  const read = createEventReader((data) => seen.push(data));

  for (const piece of ["event: x\r\nda", 'ta: {"a":', "1}\r", "\n\ndata: [DONE]\n", "\n"])
    read(piece);

  expect(seen).toEqual(['{"a":1}', "[DONE]"]);
});

test("each protocol's text is found, streamed and whole", () => {
  const { chat, responses, messages, gemini } = PROTOCOLS;

  expect(chat.text({ choices: [{ delta: { content: "a" } }] })).toBe("a");
  expect(chat.text({ choices: [{ message: { content: "a" } }] })).toBe("a");
  expect(responses.text({ type: "response.output_text.delta", delta: "a" })).toBe("a");
  expect(responses.text({ output: [{ content: [{ text: "a" }, { text: "b" }] }] })).toBe("ab");
  expect(messages.text({ type: "content_block_delta", delta: { text: "a" } })).toBe("a");
  expect(messages.text({ content: [{ type: "text", text: "a" }] })).toBe("a");
  expect(gemini.text({ candidates: [{ content: { parts: [{ text: "a" }] } }] })).toBe("a");
});

test("a stream of events that say nothing adds no text", () => {
  expect(PROTOCOLS.responses.text({ type: "response.created", response: { id: "r" } })).toBe("");
  expect(PROTOCOLS.chat.text({ choices: [], usage: {} })).toBe("");
});

test("the key goes into each protocol's own header, never into the address", () => {
  for (const manner of Object.values(PROTOCOLS)) {
    expect(manner.path(question)).not.toContain("sk-secret");
    expect(Object.values(manner.headers("sk-secret")).join()).toContain("sk-secret");
  }
});

test("an error shows its own message", () => {
  expect(errorText('{"error":{"message":"quota exceeded"}}')).toBe("quota exceeded");
  expect(errorText("<html>bad gateway</html>")).toBe("<html>bad gateway</html>");
});
