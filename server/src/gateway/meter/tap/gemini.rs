//! Where Gemini says what: `generateContent`, streamed or not, and interactions.

use super::super::json::Key;
use super::fact::{Fact, Field, error};

/// Plain answers and chunks. What the engine renamed to `cpaUsageMetadata` is not final and not read.
pub(super) fn fact(path: &[Key]) -> Fact {
    match path {
        [Key::ModelVersion | Key::Model] | [Key::Interaction, Key::Model] => Fact::Model,
        [Key::Type] => Fact::Type,
        [Key::Error, rest @ ..] => error(rest),
        [Key::Candidates, Key::FinishReason] | [Key::PromptFeedback, Key::BlockReason] => {
            Fact::Finish
        }
        [Key::Candidates, Key::Content, Key::Parts, rest @ ..] => part(rest),
        [Key::Delta | Key::Outputs, Key::Text] => Fact::Text,
        [Key::UsageMetadata | Key::Usage] | [Key::Interaction, Key::Usage] => Fact::Usage,
        [Key::UsageMetadata | Key::Usage, rest @ ..]
        | [Key::Interaction, Key::Usage, rest @ ..] => count(rest),
        _ => Fact::Nothing,
    }
}

fn part(path: &[Key]) -> Fact {
    match path {
        [Key::Text] | [Key::FunctionCall, ..] => Fact::Text,
        [Key::InlineData, Key::Data] => Fact::Media,
        _ => Fact::Nothing,
    }
}

fn count(path: &[Key]) -> Fact {
    match path {
        [Key::PromptTokenCount | Key::TotalInputTokens] => Fact::Count(Field::Input),
        [Key::ToolUsePromptTokenCount | Key::TotalToolUseTokens] => Fact::Count(Field::ToolInput),
        [Key::CachedContentTokenCount | Key::TotalCachedTokens] => Fact::Count(Field::CacheRead),
        [Key::CandidatesTokenCount | Key::TotalOutputTokens] => Fact::Count(Field::Output),
        [Key::ThoughtsTokenCount | Key::TotalThoughtTokens] => Fact::Count(Field::Reasoning),
        [Key::TotalTokenCount | Key::TotalTokens] => Fact::Count(Field::Total),
        _ => Fact::Nothing,
    }
}
