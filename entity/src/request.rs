//! The record of one request, or one turn of a WebSocket.
//!
//! The busiest table: times are integers (microseconds since 1970, UTC) to keep rows and indexes small.

pub use metering::Protocol;
use sea_orm::entity::prelude::*;

use super::{
    provider_account::ProviderKind,
    request_failure::{Attempts, RejectedBy},
};

/// How a request ended.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum Outcome {
    /// The client received the whole answer.
    Completed,
    /// The client left before the end.
    ClientGone,
    /// The engine or the provider failed or refused.
    UpstreamError,
    /// The gateway refused; nothing was forwarded.
    Rejected,
    /// The server or an administrator ended it.
    Interrupted,
}

/// Where the token counts come from.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum UsageSource {
    /// Read from the answer.
    Wire,
    /// Reported by the engine's usage queue.
    Engine,
    /// Estimated from the sizes of request and answer.
    Estimated,
    /// Not reported; only in rows of earlier versions, which estimated less.
    Unknown,
}

/// Whether the two sources of usage agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum Reconciliation {
    /// Both sources report the same.
    Matched,
    /// They differ.
    Mismatched,
    /// Only the answer reported usage; the engine has not reported yet, or never will.
    WireOnly,
    /// Only the engine reported usage.
    EngineOnly,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "request")]
pub struct Model {
    /// The `X-Request-Id` of the response.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The order of settlement; cursors use it.
    #[sea_orm(unique)]
    pub sequence: i64,
    /// The id of the WebSocket's first request, on each of its turns.
    pub connection_id: Option<Uuid>,
    pub user_id: Uuid,
    pub api_key_id: Uuid,
    /// Microseconds since 1970.
    pub started_at: i64,
    /// Microseconds.
    pub duration: i64,
    /// Milliseconds that it waited for limits before it was admitted or refused; `None` if it did not wait.
    pub waited_ms: Option<i32>,
    /// Microseconds until the first byte of the answer.
    pub time_to_first_byte: Option<i64>,
    /// Method and path, without the query.
    pub endpoint: String,
    pub protocol: Protocol,
    /// The model in the request.
    pub model: Option<String>,
    /// The model named in the answer.
    pub served_model: Option<String>,
    pub provider: Option<ProviderKind>,
    /// No foreign key: the engine may report a deleted account.
    pub account_id: Option<Uuid>,
    pub streamed: bool,
    pub http_status: Option<i16>,
    pub outcome: Outcome,
    pub error_code: Option<String>,
    /// The error's message as the client received it, without secrets; up to 500 characters.
    #[sea_orm(column_type = "Text", nullable)]
    pub error_message: Option<String>,
    /// The limit that rejected it.
    pub rejected_by: Option<RejectedBy>,
    /// The engine's attempts; `None` if no attempt failed.
    pub attempts: Option<Attempts>,
    pub usage_source: UsageSource,
    pub reconciliation: Option<Reconciliation>,
    /// Without cache reads and cache writes.
    pub input_tokens: Option<i64>,
    pub cache_read_tokens: Option<i64>,
    pub cache_write_tokens: Option<i64>,
    /// The part of the cache writes that is kept for an hour; `None` in rows of earlier versions.
    pub cache_write_1h_tokens: Option<i64>,
    /// Without reasoning.
    pub output_tokens: Option<i64>,
    pub reasoning_tokens: Option<i64>,
    /// Images in the answer.
    pub images: i32,
    /// Seconds of the video that the request ordered.
    pub video_seconds: i32,
    pub client_ip: Option<String>,
    pub user_agent: Option<String>,
    /// The session of the agent that sent it; no foreign key, because sessions are deleted when their time is over.
    pub agent_session_id: Option<Uuid>,
    /// The sub-agent of the session that sent it, by the id that the agent sent, up to 64 characters; `None` for the main
    /// agent.
    pub sub_agent: Option<String>,
    /// The service tier in the request, as it is written there; up to 32 characters.
    pub requested_service_tier: Option<String>,
    /// The service tier that the provider reports, as it is written there; up to 32 characters.
    pub service_tier: Option<String>,
    /// The applied price; `None` without tokens or without a price.
    pub price_id: Option<Uuid>,
    /// Nano-USD; `None` while the tokens are unknown or the model has no price.
    pub cost: Option<i64>,
    /// The model has no price, and the applied one is another model's: a quota assumes it.
    pub cost_assumed: bool,
}

impl ActiveModelBehavior for ActiveModel {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_stored_by_their_name() {
        for protocol in Protocol::ALL {
            assert_eq!(protocol.to_value(), protocol.spec().name);
        }
    }
}
