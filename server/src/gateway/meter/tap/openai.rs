//! Where OpenAI's protocols say what: chat, completions, Responses and images.

use super::super::json::Key;
use super::fact::{Fact, Field, error};

/// Plain answers and the events of streams; those of Responses hold the answer under `response`.
pub(super) fn fact(path: &[Key]) -> Fact {
    match path {
        [Key::Type] => Fact::Type,
        [Key::Code] => Fact::ErrorCode,
        [Key::Choices, rest @ ..] => choice(rest),
        [Key::Delta] | [Key::Output, Key::Arguments] | [Key::Output, Key::Content, Key::Text] => {
            Fact::Text
        }
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

fn choice(path: &[Key]) -> Fact {
    match path {
        [Key::Text]
        | [
            Key::Delta | Key::Message,
            Key::Content | Key::ReasoningContent,
        ]
        | [Key::Delta | Key::Message, Key::Content, Key::Text]
        | [
            Key::Delta | Key::Message,
            Key::ToolCalls,
            Key::Function,
            Key::Arguments,
        ] => Fact::Text,
        _ => Fact::Nothing,
    }
}

fn count(path: &[Key]) -> Fact {
    match path {
        [Key::PromptTokens | Key::InputTokens] => Fact::Count(Field::Input),
        [Key::CompletionTokens | Key::OutputTokens] => Fact::Count(Field::Output),
        [Key::TotalTokens] => Fact::Count(Field::Total),
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
        [Key::CachedCreationTokens | Key::CacheCreationTokens | Key::CacheWriteTokens] => {
            Fact::Count(Field::CacheWrite)
        }
        _ => Fact::Nothing,
    }
}
