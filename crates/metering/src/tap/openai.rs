//! Where OpenAI's protocols say what: chat, completions, Responses and images, and the servers that speak
//! them with habits of their own.

use super::field_kind::{FieldKind, UsageField, error};
use crate::json::Key;

/// Plain answers and the events of streams; those of Responses hold the answer under `response`.
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
        [Key::Timings | Key::PromptEvalCount | Key::EvalCount, ..] => loose(path),
        [Key::Response, rest @ ..] | rest => answer(rest),
    }
}

fn answer(path: &[Key]) -> FieldKind {
    match path {
        [Key::Model] => FieldKind::Model,
        [Key::Usage] => FieldKind::Usage,
        [Key::Usage, rest @ ..] => count(rest),
        [Key::Error, rest @ ..] => error(rest),
        _ => FieldKind::Nothing,
    }
}

/// What is written of a choice; Kimi's streams report usage there.
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
        [Key::ReasoningTokens] => FieldKind::Count(UsageField::ReasoningBeside),
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

/// What was written to a cache has no standard name.
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

/// What llama.cpp and Ollama count where nobody asked for usage.
fn loose(path: &[Key]) -> FieldKind {
    match path {
        [Key::PromptEvalCount] | [Key::Timings, Key::PromptN] => {
            FieldKind::Loose(UsageField::Input)
        }
        [Key::Timings, Key::CacheN] => FieldKind::Loose(UsageField::CacheRead),
        [Key::EvalCount] | [Key::Timings, Key::PredictedN] => FieldKind::Loose(UsageField::Output),
        _ => FieldKind::Nothing,
    }
}
