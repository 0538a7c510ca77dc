//! What the engine says a request used: the second source beside the wire.

use entity::provider_account::ProviderKind;
use uuid::Uuid;

use super::tokens::Tokens;

/// One record of the engine's usage queue: one attempt at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineUsage {
    /// Ours: sent to the engine as `X-Forwarded-For`, echoed by its record. On a WebSocket every turn
    /// carries the id of the connection.
    pub request_id: Uuid,
    /// Who served the attempt.
    pub provider: Option<ProviderKind>,
    /// Which of our accounts served it, when the engine's index names one that we know.
    pub account_id: Option<Uuid>,
    /// Whether the attempt failed; a fail-over has several attempts.
    pub failed: bool,
    /// Of a failed attempt: the provider's HTTP status; `None` if it did not answer.
    pub status: Option<u16>,
    /// Of a failed attempt: the provider's message, without secrets.
    pub message: Option<String>,
    /// The counts; `None` when the engine has none to tell (a client that left, a failure).
    pub tokens: Option<Tokens>,
}
