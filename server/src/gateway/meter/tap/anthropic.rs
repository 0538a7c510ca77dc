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
        | [Key::Content, Key::Text | Key::Thinking]
        | [Key::Content, Key::Input, ..] => Fact::Text,
        _ => Fact::Nothing,
    }
}

/// With compaction or an advisor, the object itself tells of some iterations only, and the list of all.
fn count(path: &[Key]) -> Fact {
    match path {
        [Key::Iterations, key] => field(*key).map_or(Fact::Nothing, Fact::Iteration),
        [
            Key::CacheCreation,
            Key::Ephemeral5mInputTokens | Key::Ephemeral1hInputTokens,
        ] => Fact::Count(Field::CacheWritePart),
        [
            Key::OutputTokensDetails,
            Key::ThinkingTokens | Key::ReasoningTokens,
        ] => Fact::Count(Field::Reasoning),
        [key] => field(*key).map_or(Fact::Nothing, Fact::Count),
        _ => Fact::Nothing,
    }
}

fn field(key: Key) -> Option<Field> {
    const FIELDS: [(Key, Field); 5] = [
        (Key::InputTokens, Field::Input),
        (Key::CacheReadInputTokens, Field::CacheRead),
        (Key::CacheCreationInputTokens, Field::CacheWrite),
        (Key::OutputTokens, Field::Output),
        (Key::ThinkingTokens, Field::Reasoning),
    ];
    let found = FIELDS.into_iter().find(|(known, _)| *known == key);
    found.map(|(_, field)| field)
}
