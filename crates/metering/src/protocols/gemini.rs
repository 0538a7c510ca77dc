//! Gemini's `generateContent`, streamed or not (<https://ai.google.dev/api/generate-content>), and interactions.

use super::{
    EndpointSpec, FieldKind, ProtocolSpec, UsageConvention, UsageField,
    fields::{bare_error, error},
};
use crate::{
    json::Key,
    scanner::{BodyForm, BoundForm},
};

pub(super) const SPEC: ProtocolSpec = ProtocolSpec {
    name: "gemini",
    endpoints: &[EndpointSpec {
        path: "/v1beta/interactions",
        body: BodyForm::PlainJson,
        // The engine reads the bound of an interaction under three names.
        bound: BoundForm::Nothing,
    }],
    // Gemini CLI fails on comments.
    keep_alive: "\n",
    operation: Some("generate_content"),
    provider: Some("gcp.gemini"),
    usage_convention: UsageConvention::Mixed,
    field_kind,
    last_events: &["interaction.completed"],
    image_events: &[],
    ends_with_finish_reason: true,
};

/// Plain answers and chunks. The engine renames usage that is not final to `cpaUsageMetadata`; it is not read.
pub(super) fn field_kind(path: &[Key]) -> FieldKind {
    match path {
        [Key::ModelVersion | Key::Model] | [Key::Interaction, Key::Model] => FieldKind::Model,
        [Key::ServiceTier] | [Key::Interaction, Key::ServiceTier] => FieldKind::ServiceTier,
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
        _ => bare_error(path),
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
        [Key::TrafficType | Key::ServiceTier] => FieldKind::ServiceTier,
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
