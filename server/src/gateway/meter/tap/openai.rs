//! Where OpenAI's protocols say what: chat, completions, Responses and images, and the servers that speak
//! them with habits of their own.

use super::super::json::Key;
use super::fact::{Fact, Field, error};

/// Plain answers and the events of streams; those of Responses hold the answer under `response`.
pub(super) fn fact(path: &[Key]) -> Fact {
    match path {
        [Key::Type] => Fact::Type,
        [Key::Code] => Fact::ErrorCode,
        [Key::Choices, rest @ ..] => choice(rest),
        // The last two are Ollama's own form.
        [Key::Delta | Key::Response] | [Key::Message, Key::Content | Key::Thinking] => Fact::Text,
        [Key::Output, rest @ ..] => output(rest),
        [Key::Data, Key::B64Json | Key::Url]
        | [Key::B64Json | Key::PartialImageB64]
        | [Key::Response, Key::Output, Key::Result] => Fact::Media,
        // Groq's streams.
        [Key::XGroq, Key::Usage] => Fact::Usage,
        [Key::XGroq, Key::Usage, rest @ ..] => count(rest),
        [Key::Timings | Key::PromptEvalCount | Key::EvalCount, ..] => loose(path),
        [Key::Response, rest @ ..] | rest => answer(rest),
    }
}

fn answer(path: &[Key]) -> Fact {
    match path {
        [Key::Model] => Fact::Model,
        [Key::Usage] => Fact::Usage,
        [Key::Usage, rest @ ..] => count(rest),
        [Key::Error, rest @ ..] => error(rest),
        _ => Fact::Nothing,
    }
}

/// What is written of a choice; Kimi's streams report usage there.
fn choice(path: &[Key]) -> Fact {
    match path {
        [Key::Text] => Fact::Text,
        [Key::FinishReason] => Fact::Finish,
        [Key::Usage] => Fact::Usage,
        [Key::Usage, rest @ ..] => count(rest),
        [Key::Delta | Key::Message, rest @ ..] => message(rest),
        _ => Fact::Nothing,
    }
}

fn message(path: &[Key]) -> Fact {
    match path {
        [Key::Content | Key::ReasoningContent | Key::Reasoning | Key::Refusal]
        | [Key::Content, Key::Text]
        // Mistral's thinking.
        | [Key::Content, Key::Thinking, Key::Text]
        | [Key::ToolCalls, Key::Function, Key::Arguments]
        | [Key::ToolCalls, Key::Custom, Key::Input]
        | [Key::FunctionCall, Key::Arguments] => Fact::Text,
        [Key::Audio, Key::Data] | [Key::Images, Key::ImageUrl, Key::Url] => Fact::Media,
        _ => Fact::Nothing,
    }
}

/// An item of a plain Responses answer.
fn output(path: &[Key]) -> Fact {
    match path {
        [Key::Arguments | Key::Input]
        | [Key::Content, Key::Text | Key::Refusal]
        | [Key::Summary, Key::Text] => Fact::Text,
        [Key::Result] => Fact::Media,
        _ => Fact::Nothing,
    }
}

fn count(path: &[Key]) -> Fact {
    match path {
        [Key::PromptTokens | Key::InputTokens] => Fact::Count(Field::Input),
        [Key::CompletionTokens | Key::OutputTokens] => Fact::Count(Field::Output),
        [Key::TotalTokens] => Fact::Count(Field::Total),
        // Kimi, DeepSeek and Mistral.
        [Key::CachedTokens | Key::PromptCacheHitTokens | Key::NumCachedTokens] => {
            Fact::Count(Field::CacheRead)
        }
        // Perplexity's deep research.
        [Key::CitationTokens] => Fact::Count(Field::ToolInput),
        [Key::ReasoningTokens] => Fact::Count(Field::ReasoningBeside),
        [
            Key::PromptTokensDetails | Key::InputTokensDetails,
            rest @ ..,
        ] => detail(rest),
        [
            Key::CompletionTokensDetails | Key::OutputTokensDetails,
            Key::ReasoningTokens,
        ] => Fact::Count(Field::Reasoning),
        _ => Fact::Nothing,
    }
}

/// What was written to a cache has no standard name.
fn detail(path: &[Key]) -> Fact {
    match path {
        [Key::CachedTokens] => Fact::Count(Field::CacheRead),
        [
            Key::CachedCreationTokens
            | Key::CacheCreationTokens
            | Key::CacheWriteTokens
            | Key::CacheCreationInputTokens,
        ] => Fact::Count(Field::CacheWrite),
        _ => Fact::Nothing,
    }
}

/// What llama.cpp and Ollama count where nobody asked for usage.
fn loose(path: &[Key]) -> Fact {
    match path {
        [Key::PromptEvalCount] | [Key::Timings, Key::PromptN] => Fact::Loose(Field::Input),
        [Key::Timings, Key::CacheN] => Fact::Loose(Field::CacheRead),
        [Key::EvalCount] | [Key::Timings, Key::PredictedN] => Fact::Loose(Field::Output),
        _ => Fact::Nothing,
    }
}
