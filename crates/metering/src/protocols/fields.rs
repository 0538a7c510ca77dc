//! The meanings that a value of an answer may have.

use crate::json::Key;

/// The meaning of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Nothing,
    /// The type of the event.
    Type,
    /// The model that answered.
    Model,
    /// Text that the model wrote.
    Text,
    /// An image or sound that the model made, encoded or as an address.
    Media,
    /// An object for each image of the answer.
    Image,
    /// The seconds of the video that was ordered.
    VideoSeconds,
    /// The service tier that served the request.
    ServiceTier,
    /// Whether Anthropic's fast mode served the request.
    Speed,
    /// A finish reason: no output follows this document.
    Finish,
    /// The usage object.
    Usage,
    Count(UsageField),
    /// A count of one of several iterations, which are summed.
    Iteration(UsageField),
    /// A count outside the usage object, for servers that send no such object.
    FallbackCount(UsageField),
    /// An error, as an object or a string.
    Error,
    ErrorMessage,
    /// A message that counts only if there is no other.
    ErrorDetail,
    ErrorCode,
    ErrorStatus,
    ErrorType,
}

/// A count, by the provider's convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsageField {
    /// Includes the cached input or not, depending on the [`UsageConvention`].
    Input,
    /// Input that tools added; not part of `Input`.
    ToolInput,
    CacheRead,
    CacheWrite,
    /// Tokens written to a cache with one of several lifetimes, which are summed.
    CacheWritePart,
    /// The part that is kept for an hour; summed with the others.
    CacheWrite1h,
    Output,
    /// Part of `Output` or not, by the convention.
    Reasoning,
    /// Reported next to `Output`; part of it unless it is greater.
    TopLevelReasoning,
    /// The provider's own sum.
    Total,
}

/// Which counts of a provider include others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsageConvention {
    /// OpenAI: input includes cached tokens, output includes reasoning.
    Inclusive,
    /// Anthropic: input excludes cached tokens, output includes reasoning; reported in several objects.
    Exclusive,
    /// Gemini: input includes cached tokens, output excludes reasoning.
    Mixed,
}

/// The fields of an error object, in any protocol.
pub(super) fn error(path: &[Key]) -> FieldKind {
    match path {
        [] => FieldKind::Error,
        [Key::Message] => FieldKind::ErrorMessage,
        [Key::Code] => FieldKind::ErrorCode,
        [Key::Status] => FieldKind::ErrorStatus,
        [Key::Type] => FieldKind::ErrorType,
        _ => FieldKind::Nothing,
    }
}

/// The message of an error that is not in an error object.
pub(super) fn bare_error(path: &[Key]) -> FieldKind {
    match path {
        [Key::Message] => FieldKind::ErrorMessage,
        [Key::Detail] => FieldKind::ErrorDetail,
        _ => FieldKind::Nothing,
    }
}
