//! The usage of requests as the engine reports it: the second source beside the answers.

use entity::provider_account::ProviderKind;
use uuid::Uuid;

use super::tokens::Tokens;

/// One record of the engine's usage queue: one attempt at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineUsage {
    /// Ours: sent to the engine as `X-Forwarded-For`, echoed by its record. On a WebSocket every turn
    /// carries the id of the connection.
    pub request_id: Uuid,
    /// The account that served the attempt.
    pub provider: Option<ProviderKind>,
    /// Which of our accounts served it, when the engine's index names one that we know.
    pub account_id: Option<Uuid>,
    /// Whether the attempt failed; a fail-over has several attempts.
    pub failed: bool,
    /// The counts; `None` if the engine has none (the client left, or the request failed).
    pub tokens: Option<Tokens>,
}
