//! A request, without the fields that need a service: [`crate::graphql::request::fields`] has those.

use async_graphql::{Enum, ID, SimpleObject};
use chrono::TimeDelta;
use entity::request;
use uuid::Uuid;

use super::{
    paging::Node,
    provider::ProviderKind,
    scalar::{DateTime, Usd, int},
    tokens::{Reconciliation, Tokens, UsageSource},
};
use crate::domain::requests::{self, tokens_of};

/// The protocol that a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::request::Protocol")]
pub(crate) enum Protocol {
    /// OpenAI's chat completions.
    OpenaiChat,
    /// OpenAI's older completions.
    OpenaiCompletions,
    /// OpenAI's responses, also over WebSocket.
    OpenaiResponses,
    /// OpenAI's images.
    OpenaiImages,
    /// Anthropic's messages.
    AnthropicMessages,
    /// Gemini's content generation.
    Gemini,
    /// Videos, searches, endpoints that the gateway does not know: they may generate, in no protocol that is
    /// metered.
    Unmetered,
    /// Lists of models, token counting, results that are fetched: nothing that generates.
    Other,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::request::Outcome")]
pub(crate) enum Outcome {
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

/// One request to the gateway, or one turn of a WebSocket, as it was settled at its end.
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
    pub(crate) price_id: Option<Uuid>,
    #[graphql(skip)]
    pub(crate) cursor: String,
    /// The request's id: what the client got as `X-Request-Id`.
    id: ID,
    /// When it came.
    started_at: DateTime,
    /// When it was settled.
    finished_at: DateTime,
    /// How long it took, in milliseconds.
    duration_ms: i32,
    /// How long it took to the first byte of the answer, in milliseconds.
    time_to_first_byte_ms: Option<i32>,
    /// Who served it; null while unknown.
    provider: Option<ProviderKind>,
    /// The model that was asked for.
    model: Option<String>,
    /// The model that answered, as the answer says.
    served_model: Option<String>,
    /// Method and path, without the query.
    endpoint: String,
    /// The protocol that the client spoke.
    protocol: Protocol,
    /// Whether the answer came as a stream.
    streamed: bool,
    /// The status of the answer; null when there was none.
    http_status: Option<i32>,
    /// How it ended.
    outcome: Outcome,
    /// What went wrong, as a word.
    error_code: Option<String>,
    /// What it used; null while unknown, which is not zero.
    tokens: Option<Tokens>,
    /// What it cost, at the price that was in force; null while unknown and without a price, which is
    /// not zero.
    cost: Option<Usd>,
    /// Whether it used tokens for which there was no price.
    unpriced: bool,
    /// Where the counts come from.
    usage_source: UsageSource,
    /// Whether the wire and the engine agree; null when nothing is metered.
    reconciliation: Option<Reconciliation>,
    /// The address that it came from.
    client_ip: Option<String>,
    /// What the client said it was.
    user_agent: Option<String>,
}

impl From<request::Model> for Request {
    fn from(row: request::Model) -> Self {
        let tokens = tokens_of(&row);
        Self {
            user_id: row.user_id,
            api_key_id: row.api_key_id,
            account_id: row.account_id,
            price_id: row.price_id,
            cursor: requests::cursor(&row),
            id: row.id.into(),
            started_at: at(row.started_at),
            finished_at: at(row.started_at.saturating_add(row.duration)),
            duration_ms: int(row.duration / 1000),
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
            tokens: tokens.map(Tokens::from),
            cost: row.cost.map(Usd),
            unpriced: row.cost.is_none() && tokens.is_some_and(|tokens| tokens.total() > 0),
            usage_source: row.usage_source.into(),
            reconciliation: row.reconciliation.map(Into::into),
            client_ip: row.client_ip,
            user_agent: row.user_agent,
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
