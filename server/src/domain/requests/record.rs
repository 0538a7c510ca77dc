//! The record of one request, as the gateway reports it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::request::{self, Outcome, Protocol, Reconciliation, UsageSource};
use uuid::Uuid;

use crate::domain::tokens::Tokens;

/// Longer texts of clients are cut, in characters.
const MAX_TEXT: usize = 200;

/// One request, or one turn of a WebSocket.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct RequestRecord {
    pub id: Uuid,
    /// The id of a WebSocket's first request, on each of its turns.
    pub connection_id: Option<Uuid>,
    pub user_id: Uuid,
    pub api_key_id: Uuid,
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub started_at: DateTime<Utc>,
    pub duration: Duration,
    pub time_to_first_byte: Option<Duration>,
    pub endpoint: String,
    pub protocol: Protocol,
    pub model: Option<String>,
    pub served_model: Option<String>,
    pub streamed: bool,
    pub http_status: Option<u16>,
    pub outcome: Outcome,
    pub error_code: Option<String>,
    pub tokens: Option<Tokens>,
    pub usage_source: UsageSource,
    pub client_ip: Option<String>,
    pub user_agent: Option<String>,
}

impl RequestRecord {
    /// The row to store.
    pub(super) fn into_row(self, sequence: i64) -> request::Model {
        let tokens = self.tokens;
        request::Model {
            id: self.id,
            sequence,
            connection_id: self.connection_id,
            user_id: self.user_id,
            api_key_id: self.api_key_id,
            started_at: self.started_at.timestamp_micros(),
            duration: micros(self.duration),
            time_to_first_byte: self.time_to_first_byte.map(micros),
            endpoint: shortened(self.endpoint),
            protocol: self.protocol,
            model: self.model.map(shortened),
            served_model: self.served_model.map(shortened),
            provider: None,
            account_id: None,
            streamed: self.streamed,
            http_status: self
                .http_status
                .and_then(|status| i16::try_from(status).ok()),
            outcome: self.outcome,
            error_code: self.error_code.map(shortened),
            usage_source: self.usage_source,
            reconciliation: reconciliation(self.protocol, self.usage_source),
            input_tokens: tokens.map(|tokens| tokens.input),
            cache_read_tokens: tokens.map(|tokens| tokens.cache_read),
            cache_write_tokens: tokens.map(|tokens| tokens.cache_write),
            output_tokens: tokens.map(|tokens| tokens.output),
            reasoning_tokens: tokens.map(|tokens| tokens.reasoning),
            client_ip: self.client_ip.map(shortened),
            user_agent: self.user_agent.map(shortened),
            price_id: None,
            cost: None,
        }
    }
}

/// The state before the engine reports.
fn reconciliation(protocol: Protocol, source: UsageSource) -> Option<Reconciliation> {
    (protocol.generates() && source == UsageSource::Wire).then_some(Reconciliation::WireOnly)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn shortened(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(MAX_TEXT) {
        text.truncate(at);
    }
    // PostgreSQL cannot store NUL in a text, and one such client must not fail a batch.
    text.retain(|c| c != '\0');
    text
}
