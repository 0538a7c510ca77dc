//! A request, without the fields that need a service: `graphql::request::fields` has those.

use async_graphql::{Enum, ID, SimpleObject};
use chrono::TimeDelta;
use entity::{request, request_failure::Attempts};
use uuid::Uuid;

use super::{
    paging::Node,
    provider::ProviderKind,
    request_failure::LimitRejection,
    scalar::{BigInt, DateTime, Usd, int},
    tokens::{Reconciliation, Tokens, UsageSource},
};
use crate::domain::{
    prices::PricedUsage,
    requests::{self, tier_of, tokens_of},
};

/// The API protocol of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::request::Protocol")]
pub(crate) enum Protocol {
    /// OpenAI Chat Completions.
    OpenaiChat,
    /// OpenAI Completions (legacy).
    OpenaiCompletions,
    /// OpenAI Responses, also over WebSocket.
    OpenaiResponses,
    /// OpenAI Images.
    OpenaiImages,
    /// Anthropic Messages.
    AnthropicMessages,
    /// Gemini generateContent.
    Gemini,
    /// Endpoints whose usage is not metered, such as videos, searches and unknown paths.
    Unmetered,
    /// Endpoints that generate no output, such as model lists, token counts and stored results.
    Other,
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::request::Outcome")]
pub(crate) enum Outcome {
    /// The client received the whole response.
    Completed,
    /// The client disconnected before the end.
    ClientGone,
    /// The engine or the provider failed or rejected it.
    UpstreamError,
    /// The gateway rejected it; nothing was forwarded.
    Rejected,
    /// Aborted by the server or an administrator.
    Interrupted,
}

/// The origin of a request's cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "requests::CostBasis")]
pub(crate) enum CostBasis {
    /// The price of its model.
    Priced,
    /// The price of another model, because its model has none and a quota assumes one. It is corrected when its model
    /// has a price.
    Assumed,
    /// Its model has no price, and nothing is assumed: the cost is null.
    Unpriced,
    /// The price of its model is zero.
    Free,
}

/// A settled request to the gateway, or one turn of a WebSocket.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Request {
    #[graphql(skip)]
    pub(crate) user_id: Uuid,
    #[graphql(skip)]
    pub(crate) api_key_id: Uuid,
    #[graphql(skip)]
    pub(crate) account_id: Option<Uuid>,
    #[graphql(skip)]
    pub(crate) attempts: Option<Attempts>,
    #[graphql(skip)]
    pub(crate) price_id: Option<Uuid>,
    #[graphql(skip)]
    pub(crate) agent_session_id: Option<Uuid>,
    /// The usage that determines its cost; `None` if the tokens are unknown.
    #[graphql(skip)]
    pub(crate) usage: Option<PricedUsage>,
    #[graphql(skip)]
    pub(crate) cursor: String,
    /// The request's id, which the client received as `X-Request-Id`.
    id: ID,
    /// The id of the first turn of a WebSocket, on each of its turns; null for other requests.
    connection_id: Option<ID>,
    /// The time at which it arrived.
    started_at: DateTime,
    /// The time at which it was settled.
    finished_at: DateTime,
    /// The duration, in milliseconds, without the time that it waited for limits.
    duration_ms: i32,
    /// How long it waited for limits before it was admitted or refused, in milliseconds; null if it did not wait.
    waited_ms: Option<i32>,
    /// The time to the first byte of the response, in milliseconds; null if there was none.
    time_to_first_byte_ms: Option<i32>,
    /// The provider that served it; null while unknown.
    provider: Option<ProviderKind>,
    /// The requested model name; null if there was none.
    model: Option<String>,
    /// The model named in the response; null if none is.
    served_model: Option<String>,
    /// The HTTP method and path, without the query.
    endpoint: String,
    /// The API protocol.
    protocol: Protocol,
    /// Whether the response was streamed.
    streamed: bool,
    /// The HTTP status of the response; null if there was none.
    http_status: Option<i32>,
    /// The outcome.
    outcome: Outcome,
    /// The error code; null if there was no error.
    error_code: Option<String>,
    /// The error message that the client received: of the provider, the engine or this server, as one line of up to
    /// 500 characters without secrets. Null if there was none, and if `keepErrorMessages` is off in the settings.
    error_message: Option<String>,
    /// The limit that rejected it; null if none did.
    rejected_by: Option<LimitRejection>,
    /// The tokens; null if unknown, which does not mean 0.
    tokens: Option<Tokens>,
    /// The part of `tokens.cacheWrite` that is kept for an hour; 0 if the response reports no lifetimes, and null if unknown or
    /// recorded by an earlier version.
    #[graphql(name = "cacheWrite1hTokens")]
    cache_write_1h_tokens: Option<BigInt>,
    /// The images in the response of an images endpoint; 0 for others.
    images: i32,
    /// The seconds of the video that the request ordered; 0 for others.
    video_seconds: i32,
    /// The service tier in the request, as it is written there, such as `priority`; null if it names none.
    requested_service_tier: Option<String>,
    /// The service tier that the provider reports, as it writes it; null if it reports none. A tier without rates has the
    /// standard price.
    service_tier: Option<String>,
    /// The cost at the price that was in force, or an assumed one: see `costBasis`. Null if unknown or without a price,
    /// which does not mean 0.
    pub(crate) cost: Option<Usd>,
    /// Whether it used tokens of a model without a price; its cost may be assumed.
    pub(crate) unpriced: bool,
    /// The source of the token counts.
    usage_source: UsageSource,
    /// Whether the response and the engine report the same usage; null if the request is not metered.
    reconciliation: Option<Reconciliation>,
    /// The client's IP address; null if unknown.
    client_ip: Option<String>,
    /// The client's `User-Agent`; null if it sent none.
    user_agent: Option<String>,
    /// The sub-agent of `agentSession` that sent it, by the id that the agent sent; null for the main agent.
    sub_agent: Option<String>,
}

impl From<request::Model> for Request {
    fn from(row: request::Model) -> Self {
        let tokens = tokens_of(&row);
        let tier = tier_of(&row);
        let finished_at = requests::finished_at(&row);
        Self {
            user_id: row.user_id,
            api_key_id: row.api_key_id,
            account_id: row.account_id,
            price_id: row.price_id,
            agent_session_id: row.agent_session_id,
            usage: tokens.map(|tokens| PricedUsage { tokens, tier }),
            cursor: requests::cursor(&row),
            attempts: row.attempts,
            id: row.id.into(),
            connection_id: row.connection_id.map(Into::into),
            started_at: at(row.started_at),
            finished_at: at(finished_at),
            duration_ms: int(row.duration / 1000),
            waited_ms: row.waited_ms,
            time_to_first_byte_ms: row.time_to_first_byte.map(|micros| int(micros / 1000)),
            provider: row.provider.map(Into::into),
            model: row.model,
            served_model: row.served_model,
            endpoint: row.endpoint,
            protocol: row.protocol.into(),
            streamed: row.streamed,
            http_status: row.http_status.map(Into::into),
            outcome: row.outcome.into(),
            error_code: row.error_code,
            error_message: row.error_message,
            rejected_by: row.rejected_by.map(Into::into),
            tokens: tokens.map(Tokens::from),
            cache_write_1h_tokens: row.cache_write_1h_tokens.map(BigInt),
            images: row.images,
            video_seconds: row.video_seconds,
            requested_service_tier: row.requested_service_tier,
            service_tier: row.service_tier,
            cost: row.cost.map(Usd),
            unpriced: row.cost_assumed
                || (row.cost.is_none() && tokens.is_some_and(|tokens| !tokens.is_nothing())),
            usage_source: row.usage_source.into(),
            reconciliation: row.reconciliation.map(Into::into),
            client_ip: row.client_ip,
            user_agent: row.user_agent,
            sub_agent: row.sub_agent,
        }
    }
}

fn at(micros: i64) -> DateTime {
    (chrono::DateTime::UNIX_EPOCH + TimeDelta::microseconds(micros)).into()
}

impl Node for Request {
    const CONNECTION: &'static str = "RequestConnection";

    fn cursor(&self) -> String {
        self.cursor.clone()
    }
}
