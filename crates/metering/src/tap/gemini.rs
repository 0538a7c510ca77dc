//! Where Gemini says what: `generateContent`, streamed or not, and interactions.

use super::field_kind::{FieldKind, UsageField, error};
use crate::json::Key;

/// Plain answers and chunks. What the engine renamed to `cpaUsageMetadata` is not final and not read.
pub(super) fn field_kind(path: &[Key]) -> FieldKind {
    match path {
        [Key::ModelVersion | Key::Model] | [Key::Interaction, Key::Model] => FieldKind::Model,
        [Key::Type] => FieldKind::Type,
        [Key::Error, rest @ ..] => error(rest),
        [Key::Candidates, Key::FinishReason] | [Key::PromptFeedback, Key::BlockReason] => {
            FieldKind::Finish
        }
        [Key::Candidates, Key::Content, Key::Parts, rest @ ..] => part(rest),
        [Key::Delta | Key::Outputs, Key::Text] => FieldKind::Text,
        [Key::UsageMetadata | Key::Usage] | [Key::Interaction, Key::Usage] => FieldKind::Usage,
        [Key::UsageMetadata | Key::Usage, rest @ ..]
        | [Key::Interaction, Key::Usage, rest @ ..] => count(rest),
        _ => FieldKind::Nothing,
    }
}

fn part(path: &[Key]) -> FieldKind {
    match path {
        [Key::Text] | [Key::FunctionCall, ..] => FieldKind::Text,
        [Key::InlineData, Key::Data] => FieldKind::Media,
        _ => FieldKind::Nothing,
    }
}

fn count(path: &[Key]) -> FieldKind {
    match path {
        [Key::PromptTokenCount | Key::TotalInputTokens] => FieldKind::Count(UsageField::Input),
        [Key::ToolUsePromptTokenCount | Key::TotalToolUseTokens] => {
            FieldKind::Count(UsageField::ToolInput)
        }
        [Key::CachedContentTokenCount | Key::TotalCachedTokens] => {
            FieldKind::Count(UsageField::CacheRead)
        }
        [Key::CandidatesTokenCount | Key::TotalOutputTokens] => {
            FieldKind::Count(UsageField::Output)
        }
        [Key::ThoughtsTokenCount | Key::TotalThoughtTokens] => {
            FieldKind::Count(UsageField::Reasoning)
        }
        [Key::TotalTokenCount | Key::TotalTokens] => FieldKind::Count(UsageField::Total),
        _ => FieldKind::Nothing,
    }
}
