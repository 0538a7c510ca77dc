//! Recorded answers: whole, in two chunks cut at every byte, and byte by byte.

use crate::Protocol;

use super::super::Observation;
use super::{EVENTS, JSON, observe};
use crate::tokens::Tokens;

/// An answer and the expected observation.
struct Golden {
    protocol: Protocol,
    content_type: &'static str,
    answer: &'static [u8],
    /// Input, read from a cache, written to a cache, output, reasoning.
    tokens: Option<[i64; 5]>,
    model: Option<&'static str>,
    error: Option<&'static str>,
    ended: bool,
    text_bytes: u64,
}

impl Golden {
    /// The observation, with the expected values in it.
    fn expected(&self, observed: &Observation) -> Observation {
        let tokens = |[input, cache_read, cache_write, output, reasoning]: [i64; 5]| Tokens {
            input,
            cache_read,
            cache_write,
            cache_write_1h: observed.tokens.map_or(0, |tokens| tokens.cache_write_1h),
            output,
            reasoning,
            ..Tokens::default()
        };
        Observation {
            tokens: self.tokens.map(tokens),
            served_model: self.model.map(str::to_owned),
            error_code: self.error.map(str::to_owned),
            ended: self.ended,
            text_bytes: self.text_bytes,
            ..observed.clone()
        }
    }

    fn check(&self) {
        let observed = |chunks: Vec<&[u8]>| observe(self.protocol, self.content_type, chunks);
        let whole = observed(vec![self.answer]);
        let expected = self.expected(&whole);
        assert_eq!(whole, expected);
        assert_eq!(observed(self.answer.chunks(1).collect()), expected);
        for cut in 0..=self.answer.len() {
            let (head, tail) = self.answer.split_at(cut);
            assert_eq!(observed(vec![head, tail]), expected, "cut at {cut}");
        }
    }
}

macro_rules! golden {
    ($($name:ident: $file:literal, $protocol:ident, $content_type:expr,
        $tokens:expr, $model:expr, $error:expr, $ended:expr, $text_bytes:expr;)+) => {
        $(
            #[test]
            fn $name() {
                Golden {
                    protocol: Protocol::$protocol,
                    content_type: $content_type,
                    answer: include_bytes!(concat!(
                        env!("CARGO_MANIFEST_DIR"), "/tests/golden/", $file
                    )),
                    tokens: $tokens,
                    model: $model,
                    error: $error,
                    ended: $ended,
                    text_bytes: $text_bytes,
                }
                .check();
            }
        )+
    };
}

golden! {
    openai_chat_stream: "openai-chat-stream.sse", OpenaiChat, EVENTS,
        Some([86, 1920, 0, 236, 64]), Some("gpt-5-2025-08-07"), None, true, 49;
    openai_chat: "openai-chat.json", OpenaiChat, JSON,
        Some([19, 0, 0, 10, 0]), Some("gpt-4.1-2025-04-14"), None, true, 34;
    openai_chat_from_claude: "openai-chat-from-claude.sse", OpenaiChat, EVENTS,
        Some([10, 1000, 500, 42, 0]), Some("claude-sonnet-4-5-20250929"), None, true, 17;
    openai_chat_error: "openai-chat-error.sse", OpenaiChat, EVENTS,
        None, Some("gpt-5"), Some("server_error"), false, 4;
    openai_completions: "openai-completions.json", OpenaiCompletions, JSON,
        Some([5, 0, 0, 7, 0]), Some("gpt-3.5-turbo-instruct"), None, true, 18;
    openai_responses_stream: "openai-responses-stream.sse", OpenaiResponses, EVENTS,
        Some([628, 3072, 0, 63, 448]), Some("gpt-5-codex"), None, true, 9;
    openai_responses_failed: "openai-responses-failed.sse", OpenaiResponses, EVENTS,
        Some([10, 0, 0, 0, 0]), Some("gpt-5"), Some("rate_limit_exceeded"), true, 0;
    openai_responses: "openai-responses.json", OpenaiResponses, JSON,
        Some([36, 0, 0, 87, 0]), Some("gpt-4.1-2025-04-14"), None, true, 19;
    openai_images: "openai-images.json", OpenaiImages, JSON,
        Some([50, 0, 0, 50, 0]), None, None, true, 0;
    openai_images_stream: "openai-images-stream.sse", OpenaiImages, EVENTS,
        Some([60, 0, 0, 50, 0]), None, None, true, 0;
    anthropic_stream: "anthropic-stream.sse", AnthropicMessages, EVENTS,
        Some([12, 18000, 2048, 383, 120]), Some("claude-opus-4-5-20251101"), None, true, 44;
    anthropic_classic: "anthropic-classic.sse", AnthropicMessages, EVENTS,
        Some([25, 100, 0, 15, 0]), Some("claude-3-5-haiku-20241022"), None, true, 5;
    anthropic_from_codex: "anthropic-from-codex.sse", AnthropicMessages, EVENTS,
        Some([0, 5376, 0, 64, 0]), Some("gpt-5-codex"), None, true, 9;
    anthropic_error: "anthropic-error.sse", AnthropicMessages, EVENTS,
        Some([25, 0, 0, 1, 0]), Some("claude-sonnet-4-5"), Some("overloaded_error"), false, 0;
    anthropic: "anthropic.json", AnthropicMessages, JSON,
        Some([2095, 20, 10, 503, 0]), Some("claude-sonnet-4-5-20250929"), None, true, 19;
    gemini_stream: "gemini-stream.sse", Gemini, EVENTS,
        Some([262, 768, 0, 50, 200]), Some("gemini-2.5-pro"), None, true, 13;
    gemini: "gemini.json", Gemini, JSON,
        Some([4, 0, 0, 6, 0]), Some("gemini-2.0-flash"), None, true, 2;
    gemini_array: "gemini-array.json", Gemini, JSON,
        Some([8, 0, 0, 2, 0]), Some("gemini-2.0-flash"), None, true, 5;
    gemini_concatenated: "gemini-concatenated.txt", Gemini, "text/plain; charset=utf-8",
        Some([8, 0, 0, 2, 0]), Some("gemini-2.0-flash"), None, true, 5;
    gemini_error: "gemini-error.json", Gemini, JSON,
        None, None, Some("RESOURCE_EXHAUSTED"), true, 0;
    gemini_interaction: "gemini-interaction.sse", Gemini, EVENTS,
        Some([53, 20, 0, 11, 5]), Some("gemini-2.5-flash"), None, true, 0;
}
