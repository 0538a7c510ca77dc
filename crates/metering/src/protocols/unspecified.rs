//! Endpoints whose protocol is not metered.

use super::{
    FieldKind, ProtocolSpec, UsageConvention,
    fields::{bare_error, error},
    gemini, openai_fields,
};
use crate::json::Key;

/// Endpoints that generate, or may.
pub(super) const UNMETERED: ProtocolSpec = ProtocolSpec {
    name: "unmetered",
    endpoints: &[],
    keep_alive: ": keep-alive\n\n",
    operation: None,
    provider: None,
    usage_convention: UsageConvention::Inclusive,
    field_kind: unmetered_field_kind,
    last_events: &[],
    image_events: &[],
    ends_with_finish_reason: false,
};

/// Endpoints that generate nothing.
pub(super) const OTHER: ProtocolSpec = ProtocolSpec {
    name: "other",
    field_kind: other_field_kind,
    ..UNMETERED
};

/// Usage as OpenAI or Gemini report it: embeddings and transcriptions do.
fn unmetered_field_kind(path: &[Key]) -> FieldKind {
    match path {
        [Key::UsageMetadata, ..] => gemini::field_kind(path),
        // Orders of videos.
        [Key::Seconds] => FieldKind::VideoSeconds,
        [Key::Model | Key::Usage | Key::Error, ..] => openai_fields::field_kind(path),
        _ => bare_error(path),
    }
}

fn other_field_kind(path: &[Key]) -> FieldKind {
    match path {
        [Key::Error, rest @ ..] => error(rest),
        _ => bare_error(path),
    }
}
