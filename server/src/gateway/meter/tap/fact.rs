//! What a value of an answer means, by its path.

use entity::request::Protocol;

use super::super::json::Key;
use super::{anthropic, gemini, openai};

/// The meaning of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
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
    Count(Field),
    /// A count of one of several iterations, which add up.
    Iteration(Field),
    /// A count outside the object of counts, for servers that send no such object.
    Loose(Field),
    /// An error, as an object or a sentence.
    Error,
    ErrorCode,
    ErrorStatus,
    ErrorType,
}

/// A count, as a provider counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// Input; what it includes is the provider's [`Habit`].
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
pub(super) enum Habit {
    /// OpenAI: input includes what was cached, output includes reasoning.
    Inclusive,
    /// Anthropic: input excludes what was cached, output includes reasoning; told in pieces.
    Exclusive,
    /// Gemini: input includes what was cached, output excludes reasoning.
    Mixed,
}

impl Habit {
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
pub(super) fn fact(protocol: Protocol, path: &[Key]) -> Fact {
    match protocol {
        Protocol::OpenaiChat
        | Protocol::OpenaiCompletions
        | Protocol::OpenaiResponses
        | Protocol::OpenaiImages => openai::fact(path),
        Protocol::AnthropicMessages => anthropic::fact(path),
        Protocol::Gemini => gemini::fact(path),
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
pub(super) fn error(path: &[Key]) -> Fact {
    match path {
        [] => Fact::Error,
        [Key::Code] => Fact::ErrorCode,
        [Key::Status] => Fact::ErrorStatus,
        [Key::Type] => Fact::ErrorType,
        _ => Fact::Nothing,
    }
}

/// Endpoints that we do not know may report usage as OpenAI or Gemini do: embeddings, transcriptions.
fn unmetered(path: &[Key]) -> Fact {
    match path {
        [Key::UsageMetadata, ..] => gemini::fact(path),
        [Key::Model | Key::Usage | Key::Error, ..] => openai::fact(path),
        _ => Fact::Nothing,
    }
}

fn other(path: &[Key]) -> Fact {
    match path {
        [Key::Error, rest @ ..] => error(rest),
        _ => Fact::Nothing,
    }
}
