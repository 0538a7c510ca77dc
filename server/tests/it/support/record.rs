//! Records of requests, for tests that write the request log themselves.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::request::{Outcome, Protocol, UsageSource};
use proxypal_server::domain::{requests::RequestRecord, tokens::Tokens};
use uuid::Uuid;

/// A completed request with ten input tokens and no output, which took a second.
pub(crate) fn completed(
    user_id: Uuid,
    api_key_id: Uuid,
    started_at: DateTime<Utc>,
) -> RequestRecord {
    RequestRecord {
        id: Uuid::now_v7(),
        connection_id: None,
        user_id,
        api_key_id,
        started_at,
        duration: Duration::from_secs(1),
        time_to_first_byte: None,
        waited: None,
        endpoint: "POST /v1/chat/completions".to_owned(),
        protocol: Protocol::OpenaiChat,
        model: Some("gpt-5".to_owned()),
        served_model: None,
        streamed: false,
        http_status: Some(200),
        outcome: Outcome::Completed,
        error_code: None,
        error_message: None,
        rejected_by: None,
        tokens: Some(Tokens {
            input: 10,
            ..Tokens::default()
        }),
        usage_source: UsageSource::Wire,
        client_ip: None,
        user_agent: None,
        agent_session: None,
        requested_service_tier: None,
        service_tier: None,
    }
}
