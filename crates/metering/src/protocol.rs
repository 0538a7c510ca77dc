//! The protocols that clients speak.

/// The protocol of a request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    OpenaiChat,
    OpenaiCompletions,
    OpenaiResponses,
    OpenaiImages,
    AnthropicMessages,
    Gemini,
    /// Generates, or may, in no protocol that is metered: videos, searches, unknown endpoints.
    Unmetered,
    /// Generates nothing: lists of models, token counting, results that are fetched.
    Other,
}

impl Protocol {
    pub const ALL: [Self; 8] = [
        Self::OpenaiChat,
        Self::OpenaiCompletions,
        Self::OpenaiResponses,
        Self::OpenaiImages,
        Self::AnthropicMessages,
        Self::Gemini,
        Self::Unmetered,
        Self::Other,
    ];

    /// The name in lower case, as the database and the tests spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai_chat",
            Self::OpenaiCompletions => "openai_completions",
            Self::OpenaiResponses => "openai_responses",
            Self::OpenaiImages => "openai_images",
            Self::AnthropicMessages => "anthropic_messages",
            Self::Gemini => "gemini",
            Self::Unmetered => "unmetered",
            Self::Other => "other",
        }
    }
}
