//! Usage that the engine reports for a request, as a second source besides the response.

use entity::provider_account::ProviderKind;
use uuid::Uuid;

use super::tokens::Tokens;

/// One record of the engine's usage queue: one attempt at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineUsage {
    /// The id that was sent to the engine as `X-Forwarded-For`. All turns of a WebSocket have the id of the connection.
    pub request_id: Uuid,
    /// The provider of the attempt.
    pub provider: Option<ProviderKind>,
    /// The account of the attempt; `None` if the engine's index is unknown.
    pub account_id: Option<Uuid>,
    /// Whether the attempt failed. A request has several attempts after a failover.
    pub failed: bool,
    /// Of a failed attempt: the provider's HTTP status; `None` if it did not answer.
    pub status: Option<u16>,
    /// Of a failed attempt: the provider's message, without secrets.
    pub message: Option<String>,
    /// `None` if the engine has no counts, as after a disconnect or a failure.
    pub tokens: Option<Tokens>,
    /// The service tier that the provider reported; `None` if it reported none.
    pub service_tier: Option<String>,
}
