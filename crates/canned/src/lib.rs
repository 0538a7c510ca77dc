//! Prepared answers in the format of each protocol: whole bodies, stream events and errors.
//!
//! The demo engine, the engine double and the provider stub of the tests, and the benchmark share these formats. What an
//! answer contains is theirs to choose.

pub mod anthropic;
pub mod gemini;
pub mod openai;
pub mod openai_completions;
pub mod openai_responses;
pub mod sse;

use serde::Serialize;
use serde_json::Value;

/// An answer, the same whether it is streamed or not.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// A unique id; each protocol adds its own prefixes.
    pub id: String,
    pub model: String,
    /// The creation time in seconds since the epoch.
    pub created: i64,
    /// The text, one piece per stream event.
    pub pieces: Vec<String>,
    /// Replaces the text.
    pub tool_call: Option<ToolCall>,
    pub finish: Finish,
    pub tokens: TokenCounts,
    /// The service tier that the answer reports, such as `priority`; `fast` is Anthropic's fast mode.
    pub service_tier: Option<String>,
}

impl Answer {
    /// The whole text.
    pub fn text(&self) -> String {
        self.pieces.concat()
    }
}

/// A call of one of the client's tools.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    pub name: String,
    pub arguments: Value,
}

/// Why an answer ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finish {
    #[default]
    Complete,
    /// The requested maximum output was reached.
    MaxTokens,
    ToolCall,
}

/// Token counts in buckets that do not overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenCounts {
    pub input: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    /// The part of `cache_write` that is kept for an hour.
    #[serde(rename = "cacheWrite1h")]
    pub cache_write_1h: u64,
    pub output: u64,
    pub reasoning: u64,
}

impl TokenCounts {
    /// All input tokens.
    pub fn prompt(self) -> u64 {
        self.input + self.cache_read + self.cache_write
    }

    /// All output tokens.
    pub fn completion(self) -> u64 {
        self.output + self.reasoning
    }

    /// As reported by a protocol that does not count cache writes.
    #[must_use]
    pub fn without_cache_write(self) -> Self {
        Self {
            input: self.input + self.cache_write,
            cache_write: 0,
            cache_write_1h: 0,
            ..self
        }
    }

    /// As reported by a protocol that does not count reasoning.
    #[must_use]
    pub fn without_reasoning(self) -> Self {
        Self {
            output: self.completion(),
            reasoning: 0,
            ..self
        }
    }
}
