//! The fields of answers in OpenAI's four protocols, and those that compatible servers add.

use super::{
    FieldKind, UsageField,
    fields::{bare_error, error},
};
use crate::json::Key;

/// Plain answers and the events of streams; those of Responses have the answer under `response`.
pub(super) fn field_kind(path: &[Key]) -> FieldKind {
    match path {
        [Key::Type] => FieldKind::Type,
        [Key::Code] => FieldKind::ErrorCode,
        [Key::Choices, rest @ ..] => choice(rest),
        // The last two are Ollama's own form.
        [Key::Delta | Key::Response] | [Key::Message, Key::Content | Key::Thinking] => {
            FieldKind::Text
        }
        [Key::Output, rest @ ..] => output(rest),
        [Key::Data, Key::B64Json | Key::Url]
        | [Key::B64Json | Key::PartialImageB64]
        | [Key::Response, Key::Output, Key::Result] => FieldKind::Media,
        // Groq's streams.
        [Key::XGroq, Key::Usage] => FieldKind::Usage,
        [Key::XGroq, Key::Usage, rest @ ..] => count(rest),
        [Key::Timings | Key::PromptEvalCount | Key::EvalCount, ..] => fallback(path),
        [Key::Message | Key::Detail] => bare_error(path),
        [Key::Response, rest @ ..] | rest => answer(rest),
    }
}

fn answer(path: &[Key]) -> FieldKind {
    match path {
        [Key::Model] => FieldKind::Model,
        [Key::ServiceTier] => FieldKind::ServiceTier,
        [Key::Usage] => FieldKind::Usage,
        [Key::Usage, rest @ ..] => count(rest),
        [Key::Error, rest @ ..] => error(rest),
        _ => FieldKind::Nothing,
    }
}

/// The output of a choice; Kimi's streams report usage there.
fn choice(path: &[Key]) -> FieldKind {
    match path {
        [Key::Text] => FieldKind::Text,
        [Key::FinishReason] => FieldKind::Finish,
        [Key::Usage] => FieldKind::Usage,
        [Key::Usage, rest @ ..] => count(rest),
        [Key::Delta | Key::Message, rest @ ..] => message(rest),
        _ => FieldKind::Nothing,
    }
}

fn message(path: &[Key]) -> FieldKind {
    match path {
        [Key::Content | Key::ReasoningContent | Key::Reasoning | Key::Refusal]
        | [Key::Content, Key::Text]
        // Mistral's thinking.
        | [Key::Content, Key::Thinking, Key::Text]
        | [Key::ToolCalls, Key::Function, Key::Arguments]
        | [Key::ToolCalls, Key::Custom, Key::Input]
        | [Key::FunctionCall, Key::Arguments] => FieldKind::Text,
        [Key::Audio, Key::Data] | [Key::Images, Key::ImageUrl, Key::Url] => FieldKind::Media,
        _ => FieldKind::Nothing,
    }
}

/// An item of a plain Responses answer.
fn output(path: &[Key]) -> FieldKind {
    match path {
        [Key::Arguments | Key::Input]
        | [Key::Content, Key::Text | Key::Refusal]
        | [Key::Summary, Key::Text] => FieldKind::Text,
        [Key::Result] => FieldKind::Media,
        _ => FieldKind::Nothing,
    }
}

fn count(path: &[Key]) -> FieldKind {
    match path {
        [Key::PromptTokens | Key::InputTokens] => FieldKind::Count(UsageField::Input),
        [Key::CompletionTokens | Key::OutputTokens] => FieldKind::Count(UsageField::Output),
        [Key::TotalTokens] => FieldKind::Count(UsageField::Total),
        // Kimi, DeepSeek and Mistral.
        [Key::CachedTokens | Key::PromptCacheHitTokens | Key::NumCachedTokens] => {
            FieldKind::Count(UsageField::CacheRead)
        }
        // Perplexity's deep research.
        [Key::CitationTokens] => FieldKind::Count(UsageField::ToolInput),
        [Key::ReasoningTokens] => FieldKind::Count(UsageField::TopLevelReasoning),
        [
            Key::PromptTokensDetails | Key::InputTokensDetails,
            rest @ ..,
        ] => detail(rest),
        [
            Key::CompletionTokensDetails | Key::OutputTokensDetails,
            Key::ReasoningTokens,
        ] => FieldKind::Count(UsageField::Reasoning),
        _ => FieldKind::Nothing,
    }
}

/// There is no standard name for tokens written to a cache.
fn detail(path: &[Key]) -> FieldKind {
    match path {
        [Key::CachedTokens] => FieldKind::Count(UsageField::CacheRead),
        [
            Key::CachedCreationTokens
            | Key::CacheCreationTokens
            | Key::CacheWriteTokens
            | Key::CacheCreationInputTokens,
        ] => FieldKind::Count(UsageField::CacheWrite),
        _ => FieldKind::Nothing,
    }
}

/// The counts of llama.cpp and Ollama when the client did not request usage.
fn fallback(path: &[Key]) -> FieldKind {
    match path {
        [Key::PromptEvalCount] | [Key::Timings, Key::PromptN] => {
            FieldKind::FallbackCount(UsageField::Input)
        }
        [Key::Timings, Key::CacheN] => FieldKind::FallbackCount(UsageField::CacheRead),
        [Key::EvalCount] | [Key::Timings, Key::PredictedN] => {
            FieldKind::FallbackCount(UsageField::Output)
        }
        _ => FieldKind::Nothing,
    }
}
