//! The kinds of providers.

use async_graphql::Enum;

/// A provider of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::provider_account::ProviderKind")]
pub(crate) enum ProviderKind {
    /// Anthropic's Claude.
    Claude,
    /// OpenAI, through its API.
    Chatgpt,
    /// Google's Gemini.
    Gemini,
    /// GitHub Copilot.
    Copilot,
    /// Moonshot's Kimi.
    Kimi,
    /// xAI's Grok.
    Xai,
    /// Any other service that implements OpenAI's API.
    OpenaiCompatible,
}
