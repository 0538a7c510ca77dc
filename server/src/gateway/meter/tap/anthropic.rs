//! Where Anthropic's messages say what; `message_start` holds the message under `message`.

use super::super::json::Key;
use super::fact::{Fact, Field, error};

/// Plain answers and the events of streams.
pub(super) fn fact(path: &[Key]) -> Fact {
    match path {
        [Key::Type] => Fact::Type,
        [Key::Error, rest @ ..] => error(rest),
        [Key::Model] | [Key::Message, Key::Model] => Fact::Model,
        [Key::Usage] | [Key::Message, Key::Usage] => Fact::Usage,
        [Key::Usage, rest @ ..] | [Key::Message, Key::Usage, rest @ ..] => count(rest),
        [Key::Delta, Key::Text | Key::Thinking | Key::PartialJson]
        | [Key::Content, Key::Text | Key::Thinking] => Fact::Text,
        _ => Fact::Nothing,
    }
}

fn count(path: &[Key]) -> Fact {
    match path {
        [Key::InputTokens] => Fact::Count(Field::Input),
        [Key::CacheReadInputTokens] => Fact::Count(Field::CacheRead),
        [Key::CacheCreationInputTokens] => Fact::Count(Field::CacheWrite),
        [Key::OutputTokens] => Fact::Count(Field::Output),
        [Key::ThinkingTokens]
        | [
            Key::OutputTokensDetails,
            Key::ThinkingTokens | Key::ReasoningTokens,
        ] => Fact::Count(Field::Reasoning),
        _ => Fact::Nothing,
    }
}
