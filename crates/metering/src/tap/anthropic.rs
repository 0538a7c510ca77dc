//! Where Anthropic's messages say what; `message_start` holds the message under `message`.

use super::field_kind::{FieldKind, UsageField, error};
use crate::json::Key;

/// Plain answers and the events of streams.
pub(super) fn field_kind(path: &[Key]) -> FieldKind {
    match path {
        [Key::Type] => FieldKind::Type,
        [Key::Error, rest @ ..] => error(rest),
        [Key::Model] | [Key::Message, Key::Model] => FieldKind::Model,
        [Key::Usage] | [Key::Message, Key::Usage] => FieldKind::Usage,
        [Key::Usage, rest @ ..] | [Key::Message, Key::Usage, rest @ ..] => count(rest),
        [Key::Delta, Key::Text | Key::Thinking | Key::PartialJson]
        | [Key::Content, Key::Text | Key::Thinking]
        | [Key::Content, Key::Input, ..] => FieldKind::Text,
        _ => FieldKind::Nothing,
    }
}

/// With compaction or an advisor, the object itself tells of some iterations only, and the list of all.
fn count(path: &[Key]) -> FieldKind {
    match path {
        [Key::Iterations, key] => field(*key).map_or(FieldKind::Nothing, FieldKind::Iteration),
        [
            Key::CacheCreation,
            Key::Ephemeral5mInputTokens | Key::Ephemeral1hInputTokens,
        ] => FieldKind::Count(UsageField::CacheWritePart),
        [
            Key::OutputTokensDetails,
            Key::ThinkingTokens | Key::ReasoningTokens,
        ] => FieldKind::Count(UsageField::Reasoning),
        [key] => field(*key).map_or(FieldKind::Nothing, FieldKind::Count),
        _ => FieldKind::Nothing,
    }
}

fn field(key: Key) -> Option<UsageField> {
    const FIELDS: [(Key, UsageField); 5] = [
        (Key::InputTokens, UsageField::Input),
        (Key::CacheReadInputTokens, UsageField::CacheRead),
        (Key::CacheCreationInputTokens, UsageField::CacheWrite),
        (Key::OutputTokens, UsageField::Output),
        (Key::ThinkingTokens, UsageField::Reasoning),
    ];
    let found = FIELDS.into_iter().find(|(known, _)| *known == key);
    found.map(|(_, field)| field)
}
