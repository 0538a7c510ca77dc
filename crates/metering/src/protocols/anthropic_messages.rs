//! Anthropic Messages: <https://docs.anthropic.com/en/api/messages>.

use super::{
    EndpointSpec, FieldKind, ProtocolSpec, UsageConvention, UsageField,
    fields::{bare_error, error},
};
use crate::{
    json::Key,
    scanner::{BodyForm, BoundForm},
};

pub(super) const SPEC: ProtocolSpec = ProtocolSpec {
    name: "anthropic_messages",
    endpoints: &[EndpointSpec {
        path: "/v1/messages",
        body: BodyForm::PlainJson,
        bound: BoundForm::Messages,
    }],
    keep_alive: "event: ping\ndata: {\"type\": \"ping\"}\n\n",
    operation: Some("chat"),
    provider: Some("anthropic"),
    usage_convention: UsageConvention::Exclusive,
    field_kind,
    last_events: &["message_stop"],
    image_events: &[],
    ends_with_finish_reason: false,
};

/// Plain answers and the events of streams; `message_start` has the message under `message`.
fn field_kind(path: &[Key]) -> FieldKind {
    match path {
        [Key::Type] => FieldKind::Type,
        [Key::Error, rest @ ..] => error(rest),
        [Key::Model] | [Key::Message, Key::Model] => FieldKind::Model,
        [Key::Usage] | [Key::Message, Key::Usage] => FieldKind::Usage,
        [Key::Usage, rest @ ..] | [Key::Message, Key::Usage, rest @ ..] => count(rest),
        [Key::Delta, Key::Text | Key::Thinking | Key::PartialJson]
        | [Key::Content, Key::Text | Key::Thinking]
        | [Key::Content, Key::Input, ..] => FieldKind::Text,
        _ => bare_error(path),
    }
}

/// With compaction or an advisor, the object itself counts some iterations only, and `iterations` all of them.
fn count(path: &[Key]) -> FieldKind {
    match path {
        [Key::Iterations, key] => field(*key).map_or(FieldKind::Nothing, FieldKind::Iteration),
        [
            Key::Iterations,
            Key::CacheCreation,
            Key::Ephemeral1hInputTokens,
        ] => FieldKind::Iteration(UsageField::CacheWrite1h),
        [Key::CacheCreation, Key::Ephemeral5mInputTokens] => {
            FieldKind::Count(UsageField::CacheWritePart)
        }
        [Key::CacheCreation, Key::Ephemeral1hInputTokens] => {
            FieldKind::Count(UsageField::CacheWrite1h)
        }
        [
            Key::OutputTokensDetails,
            Key::ThinkingTokens | Key::ReasoningTokens,
        ] => FieldKind::Count(UsageField::Reasoning),
        [Key::ServiceTier] => FieldKind::ServiceTier,
        [Key::Speed] => FieldKind::Speed,
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
