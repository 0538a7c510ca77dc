//! The filter of requests.

use async_graphql::{Context, ID, InputObject};
use uuid::Uuid;

use crate::{
    domain::requests::{self, IdRange, StatusRange},
    graphql::{
        resolver::{context::ContextExt as _, error::Result, input},
        types::{provider::ProviderKind, request::Outcome, scalar::DateTime},
    },
};

/// A filter of requests. Conditions are combined with AND.
#[derive(Debug, Default, InputObject)]
pub(crate) struct RequestFilter {
    /// The request's id, or at least its first 4 hexadecimal digits.
    id: Option<String>,
    /// The id of a WebSocket's first turn, for all of its turns.
    connection_id: Option<ID>,
    /// The user's id.
    user_id: Option<ID>,
    /// The key's id.
    api_key_id: Option<ID>,
    /// The id of the provider account that served the request, or that failed last if none did. Ignored for callers
    /// that are not administrators.
    account_id: Option<ID>,
    /// The id of the session of an agent.
    agent_session_id: Option<ID>,
    /// The requested model name; with `*`, at most 4 times, a pattern in which `*` matches any characters, regardless of
    /// case, such as `claude-*`.
    model: Option<String>,
    /// The provider that served the request.
    provider: Option<ProviderKind>,
    /// The HTTP method and path, such as `POST /v1/messages`.
    endpoint: Option<String>,
    /// The outcomes, of which any matches.
    outcomes: Option<Vec<Outcome>>,
    /// The error codes, of which any matches: at most 50.
    error_codes: Option<Vec<String>>,
    /// The HTTP status of the response, such as `429`, or a class of them: `1xx` to `5xx`.
    http_status: Option<String>,
    /// The minimum duration in milliseconds, inclusive.
    min_duration_ms: Option<u32>,
    /// The maximum duration in milliseconds, exclusive.
    max_duration_ms: Option<u32>,
    /// The earliest start time, inclusive.
    from: Option<DateTime>,
    /// The latest start time, exclusive.
    to: Option<DateTime>,
}

impl RequestFilter {
    pub(crate) fn read(self) -> Result<requests::RequestFilter> {
        let id = |id: &Option<ID>, what| id.as_ref().map(|id| input::id(id, what)).transpose();
        let micros = |millis: Option<u32>| millis.map(|millis| i64::from(millis) * 1000);
        let status = self.http_status.as_deref().map(StatusRange::parse);
        let outcomes = self.outcomes;
        let filter = requests::RequestFilter {
            id: self.id.as_deref().map(IdRange::parse).transpose()?,
            connection_id: id(&self.connection_id, "request")?,
            user_id: id(&self.user_id, "user")?,
            api_key_id: id(&self.api_key_id, "API key")?,
            account_id: id(&self.account_id, "provider account")?,
            agent_session_id: id(&self.agent_session_id, "session")?,
            model: self.model,
            provider: self.provider.map(Into::into),
            endpoint: self.endpoint,
            outcomes: outcomes.map(|outcomes| outcomes.into_iter().map(Into::into).collect()),
            error_codes: self.error_codes,
            http_status: status.transpose()?,
            min_duration: micros(self.min_duration_ms),
            max_duration: micros(self.max_duration_ms),
            from: self.from.map(Into::into),
            to: self.to.map(Into::into),
        };
        filter.check()?;
        Ok(filter)
    }

    /// The same filter of one user's requests.
    pub(crate) fn of_user(
        self,
        ctx: &Context<'_>,
        user_id: Uuid,
    ) -> Result<requests::RequestFilter> {
        let filter = self.read()?;
        Ok(requests::RequestFilter {
            user_id: Some(user_id),
            account_id: filter.account_id.filter(|_| ctx.is_administrator()),
            ..filter
        })
    }
}
