//! The meanings that a value of an answer may have.

use crate::json::Key;

/// The meaning of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
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
pub(crate) enum UsageField {
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
pub(crate) enum UsageConvention {
    /// OpenAI: input includes what was cached, output includes reasoning.
    Inclusive,
    /// Anthropic: input excludes what was cached, output includes reasoning; told in pieces.
    Exclusive,
    /// Gemini: input includes what was cached, output excludes reasoning.
    Mixed,
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
