//! The record of one request, as the gateway reports it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::{
    request::{self, Outcome, Protocol, Reconciliation, UsageSource},
    request_failure::RejectedBy,
};
use uuid::Uuid;

use crate::domain::{
    agent_sessions::{AgentSessionRef, MAX_NAME},
    tokens::Tokens,
};

/// Longer texts of clients are cut, in characters.
const MAX_TEXT: usize = 200;
/// Longer error messages are cut, in characters.
const MAX_MESSAGE: usize = 500;
/// Longer names of service tiers are cut, in characters.
const MAX_TIER: usize = 32;

/// The error code of requests that were in flight when the server was killed.
pub const KILLED: &str = "server_killed";

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
    /// How long it waited for limits before it was admitted or refused. Not in `duration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<Duration>,
    pub endpoint: String,
    pub protocol: Protocol,
    pub model: Option<String>,
    pub served_model: Option<String>,
    pub streamed: bool,
    pub http_status: Option<u16>,
    pub outcome: Outcome,
    /// Also `None` while a request is in flight; [`KILLED`] replaces it if it stays so.
    pub error_code: Option<String>,
    /// The error's message as the client received it, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The limit that rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_by: Option<Box<RejectedBy>>,
    pub tokens: Option<Tokens>,
    pub usage_source: UsageSource,
    pub client_ip: Option<String>,
    pub user_agent: Option<String>,
    /// The session of the agent that sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_session: Option<AgentSessionRef>,
    /// The service tier in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_service_tier: Option<String>,
    /// The service tier in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
}

impl RequestRecord {
    /// Takes the name of its session, which the row does not have.
    pub(super) fn take_session_name(&mut self) -> Option<String> {
        let name = self.agent_session.as_mut()?.name.take();
        name.map(|name| cut(name, MAX_NAME))
    }

    /// The row to store, without a sequence number, price and cost.
    pub(super) fn into_row(self) -> request::Model {
        let tokens = self.tokens;
        let media = tokens.map(|tokens| tokens.media).unwrap_or_default();
        let stored = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        let agent_session_id = self.agent_session.as_ref().map(|session| session.id);
        let sub_agent = self.agent_session.and_then(|session| session.sub_agent);
        request::Model {
            id: self.id,
            sequence: 0,
            connection_id: self.connection_id,
            user_id: self.user_id,
            api_key_id: self.api_key_id,
            started_at: self.started_at.timestamp_micros(),
            duration: micros(self.duration),
            waited_ms: self.waited.map(millis),
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
            error_message: self.error_message.map(|text| cut(text, MAX_MESSAGE)),
            rejected_by: self.rejected_by.map(|rejected_by| *rejected_by),
            attempts: None,
            usage_source: self.usage_source,
            reconciliation: reconciliation(self.protocol, self.usage_source),
            input_tokens: tokens.map(|tokens| tokens.input),
            cache_read_tokens: tokens.map(|tokens| tokens.cache_read),
            cache_write_tokens: tokens.map(|tokens| tokens.cache_write),
            cache_write_1h_tokens: tokens.map(|tokens| tokens.cache_write_1h),
            output_tokens: tokens.map(|tokens| tokens.output),
            reasoning_tokens: tokens.map(|tokens| tokens.reasoning),
            images: stored(media.images),
            video_seconds: stored(media.video_seconds),
            client_ip: self.client_ip.map(shortened),
            user_agent: self.user_agent.map(shortened),
            agent_session_id,
            sub_agent: sub_agent.map(|name| cut(name, MAX_NAME)),
            requested_service_tier: self.requested_service_tier.map(|tier| cut(tier, MAX_TIER)),
            service_tier: self.service_tier.map(|tier| cut(tier, MAX_TIER)),
            price_id: None,
            cost: None,
            cost_assumed: false,
        }
    }
}

/// When the request ended, in microseconds since 1970.
pub fn finished_at(row: &request::Model) -> i64 {
    let waited = i64::from(row.waited_ms.unwrap_or(0)) * 1000;
    let admitted = row.started_at.saturating_add(waited);
    admitted.saturating_add(row.duration)
}

/// The state before the engine reports.
fn reconciliation(protocol: Protocol, source: UsageSource) -> Option<Reconciliation> {
    (protocol.generates() && source == UsageSource::Wire).then_some(Reconciliation::WireOnly)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn millis(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}

fn shortened(text: String) -> String {
    cut(text, MAX_TEXT)
}

fn cut(mut text: String, most: usize) -> String {
    if let Some((at, _)) = text.char_indices().nth(most) {
        text.truncate(at);
    }
    // PostgreSQL cannot store NUL in a text, and one such client must not fail a batch.
    text.retain(|c| c != '\0');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_an_earlier_version_is_read() {
        let line = r#"{"id":"01934f00-0000-7000-8000-000000000001","connection_id":null,
            "user_id":"01934f00-0000-7000-8000-000000000002","api_key_id":"01934f00-0000-7000-8000-000000000003",
            "started_at":1732000000000000,"duration":{"secs":1,"nanos":0},"time_to_first_byte":null,
            "endpoint":"POST /v1/messages","protocol":"AnthropicMessages","model":"m","served_model":null,
            "streamed":false,"http_status":429,"outcome":"UpstreamError","error_code":"rate_limit_error",
            "tokens":null,"usage_source":"Wire","client_ip":null,"user_agent":null}"#;

        let record: RequestRecord = serde_json::from_str(line).unwrap();

        assert_eq!(record.error_code.as_deref(), Some("rate_limit_error"));
        assert_eq!(record.error_message, None);
        assert!(
            !serde_json::to_string(&record)
                .unwrap()
                .contains("message\"")
        );
    }
}
