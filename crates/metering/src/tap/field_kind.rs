//! What a value of an answer means, by its path.

use crate::Protocol;

use super::{anthropic, gemini, openai};
use crate::json::Key;

/// The meaning of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldKind {
    Nothing,
    /// The kind of event.
    Type,
    /// The model that served.
    Model,
    /// Text that the model wrote.
    Text,
    /// An image or sound that the model made, encoded or as an address.
    Media,
    /// A reason to finish: nothing is written after this document.
    Finish,
    /// The object of counts.
    Usage,
    Count(UsageField),
    /// A count of one of several iterations, which add up.
    Iteration(UsageField),
    /// A count outside the object of counts, for servers that send no such object.
    Loose(UsageField),
    /// An error, as an object or a sentence.
    Error,
    ErrorCode,
    ErrorStatus,
    ErrorType,
}

/// A count, as a provider counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UsageField {
    /// Input; what it includes is the provider's [`UsageConvention`].
    Input,
    /// Input that tools added, beside `Input`.
    ToolInput,
    CacheRead,
    CacheWrite,
    /// A part of what was written to a cache, by its lifetime; parts add up.
    CacheWritePart,
    Output,
    /// A detail of `Output`, or beside it.
    Reasoning,
    /// Reported beside `Output`, and a part of it only if it is not greater.
    ReasoningBeside,
    /// The provider's own sum.
    Total,
}

/// What a provider's counts include.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UsageConvention {
    /// OpenAI: input includes what was cached, output includes reasoning.
    Inclusive,
    /// Anthropic: input excludes what was cached, output includes reasoning; told in pieces.
    Exclusive,
    /// Gemini: input includes what was cached, output excludes reasoning.
    Mixed,
}

impl UsageConvention {
    pub(super) fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::AnthropicMessages => Self::Exclusive,
            Protocol::Gemini => Self::Mixed,
            Protocol::OpenaiChat
            | Protocol::OpenaiCompletions
            | Protocol::OpenaiResponses
            | Protocol::OpenaiImages
            | Protocol::Unmetered
            | Protocol::Other => Self::Inclusive,
        }
    }
}

/// What the value at this path means in an answer of this protocol.
pub(super) fn field_kind(protocol: Protocol, path: &[Key]) -> FieldKind {
    match protocol {
        Protocol::OpenaiChat
        | Protocol::OpenaiCompletions
        | Protocol::OpenaiResponses
        | Protocol::OpenaiImages => openai::field_kind(path),
        Protocol::AnthropicMessages => anthropic::field_kind(path),
        Protocol::Gemini => gemini::field_kind(path),
        Protocol::Unmetered => unmetered(path),
        Protocol::Other => other(path),
    }
}

/// Whether an event of this type is the last of an answer.
pub(super) fn is_last(protocol: Protocol, event: &str) -> bool {
    match protocol {
        Protocol::OpenaiResponses => matches!(
            event,
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled"
        ),
        Protocol::OpenaiImages => {
            matches!(event, "image_generation.completed" | "image_edit.completed")
        }
        Protocol::AnthropicMessages => event == "message_stop",
        Protocol::Gemini => event == "interaction.completed",
        Protocol::OpenaiChat
        | Protocol::OpenaiCompletions
        | Protocol::Unmetered
        | Protocol::Other => false,
    }
}

/// The errors of any protocol.
pub(super) fn error(path: &[Key]) -> FieldKind {
    match path {
        [] => FieldKind::Error,
        [Key::Code] => FieldKind::ErrorCode,
        [Key::Status] => FieldKind::ErrorStatus,
        [Key::Type] => FieldKind::ErrorType,
        _ => FieldKind::Nothing,
    }
}

/// Endpoints that we do not know may report usage as OpenAI or Gemini do: embeddings, transcriptions.
fn unmetered(path: &[Key]) -> FieldKind {
    match path {
        [Key::UsageMetadata, ..] => gemini::field_kind(path),
        [Key::Model | Key::Usage | Key::Error, ..] => openai::field_kind(path),
        _ => FieldKind::Nothing,
    }
}

fn other(path: &[Key]) -> FieldKind {
    match path {
        [Key::Error, rest @ ..] => error(rest),
        _ => FieldKind::Nothing,
    }
}
