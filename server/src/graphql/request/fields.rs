//! Requests that went through the gateway.

use async_graphql::{Context, ID, Object};
use chrono::{TimeDelta, Utc};
use entity::{admin, request};
use uuid::Uuid;

use super::filter::{Outcome, Protocol, RequestFilter};
use crate::{
    domain::{
        Error,
        paging::PageRequest,
        prices::Prices,
        requests::{self, RequestLog, tokens_of},
    },
    graphql::{
        key::fields::ApiKey,
        price::list::Price,
        provider::account::{ProviderAccount, ProviderKind},
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, one, page_of_requests},
            error::Result,
            guard::AtLeast,
            input,
            loaders::{AccountId, ApiKeyId, UserId},
        },
        types::{
            paging::{Connection, Node},
            scalar::{DateTime, Usd, int},
            tokens::{Reconciliation, Tokens, UsageSource},
        },
        user::fields::User,
    },
};

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request(pub(crate) request::Model);

impl Node for Request {
    const CONNECTION: &'static str = "RequestConnection";

    fn cursor(&self) -> String {
        requests::cursor(&self.0)
    }
}

impl Request {
    fn at(&self, micros: i64) -> chrono::DateTime<Utc> {
        chrono::DateTime::UNIX_EPOCH
            + TimeDelta::microseconds(self.0.started_at.saturating_add(micros))
    }
}

/// One request to the gateway, or one turn of a WebSocket, as it was settled at its end.
#[Object]
impl Request {
    /// The request's id: what the client got as `X-Request-Id`.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// When it came.
    async fn started_at(&self) -> DateTime {
        self.at(0).into()
    }

    /// When it was settled.
    async fn finished_at(&self) -> DateTime {
        self.at(self.0.duration).into()
    }

    /// How long it took, in milliseconds.
    async fn duration_ms(&self) -> i32 {
        int(self.0.duration / 1000)
    }

    /// How long it took to the first byte of the answer, in milliseconds.
    async fn time_to_first_byte_ms(&self) -> Option<i32> {
        self.0.time_to_first_byte.map(|micros| int(micros / 1000))
    }

    /// Who asked.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let user = ctx.loader().load_one(UserId(self.0.user_id)).await?;
        Ok(User(user.ok_or(Error::NotFound { what: "user" })?))
    }

    /// With which key.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn api_key(&self, ctx: &Context<'_>) -> Result<ApiKey> {
        let key = ctx.loader().load_one(ApiKeyId(self.0.api_key_id)).await?;
        Ok(ApiKey(key.ok_or(Error::NotFound { what: "API key" })?))
    }

    /// Who served it; null while unknown.
    async fn provider(&self) -> Option<ProviderKind> {
        self.0.provider.map(Into::into)
    }

    /// Which account served it; null while unknown, and for everybody but administrators.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<ProviderAccount>> {
        let id = self.0.account_id.filter(|_| ctx.is_administrator());
        let Some(id) = id else { return Ok(None) };
        let account = ctx.loader().load_one(AccountId(id)).await?;
        Ok(account.map(ProviderAccount))
    }

    /// The model that was asked for.
    async fn model(&self) -> Option<&str> {
        self.0.model.as_deref()
    }

    /// The model that answered, as the answer says.
    async fn served_model(&self) -> Option<&str> {
        self.0.served_model.as_deref()
    }

    /// Method and path, without the query.
    async fn endpoint(&self) -> &str {
        &self.0.endpoint
    }

    /// The protocol that the client spoke.
    async fn protocol(&self) -> Protocol {
        self.0.protocol.into()
    }

    /// Whether the answer came as a stream.
    async fn streamed(&self) -> bool {
        self.0.streamed
    }

    /// The status of the answer; null when there was none.
    async fn http_status(&self) -> Option<i32> {
        self.0.http_status.map(Into::into)
    }

    /// How it ended.
    async fn outcome(&self) -> Outcome {
        self.0.outcome.into()
    }

    /// What went wrong, as a word.
    async fn error_code(&self) -> Option<&str> {
        self.0.error_code.as_deref()
    }

    /// What it used; null while unknown, which is not zero.
    async fn tokens(&self) -> Option<Tokens> {
        tokens_of(&self.0).map(Tokens)
    }

    /// What it cost, at the price that was in force; null while unknown and without a price, which is
    /// not zero.
    async fn cost(&self) -> Option<Usd> {
        self.0.cost.map(Usd)
    }

    /// Whether it used tokens for which there was no price.
    async fn unpriced(&self) -> bool {
        let used = tokens_of(&self.0).is_some_and(|tokens| tokens.total() > 0);
        used && self.0.cost.is_none()
    }

    /// The price that was in force; null where none was needed, or there was none.
    async fn price(&self, ctx: &Context<'_>) -> Option<Price> {
        let prices = ctx.service::<Prices>().current();
        let price = self.0.price_id.and_then(|id| prices.by_id(id).cloned());
        price.map(Price)
    }

    /// Where the counts come from.
    async fn usage_source(&self) -> UsageSource {
        self.0.usage_source.into()
    }

    /// Whether the wire and the engine agree; null when nothing is metered.
    async fn reconciliation(&self) -> Option<Reconciliation> {
        self.0.reconciliation.map(Into::into)
    }

    /// The address that it came from.
    async fn client_ip(&self) -> Option<&str> {
        self.0.client_ip.as_deref()
    }

    /// What the client said it was.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }
}

/// A page of one user's requests, whatever user the filter names.
pub(crate) async fn of_user(
    ctx: &Context<'_>,
    user_id: Uuid,
    filter: Option<RequestFilter>,
    (first, after): (Option<i32>, Option<String>),
) -> Result<Connection<Request>> {
    let mut filter = filter.unwrap_or_default().read()?;
    filter.user_id = Some(user_id);
    let page = PageRequest {
        first,
        after,
        ..PageRequest::default()
    };
    let page = ctx.service::<RequestLog>().list(&filter, &page).await?;
    Ok(Connection::new(page, Request))
}

/// The requests' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct RequestQuery;

#[Object]
impl RequestQuery {
    /// Requests of all users, the latest first.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "page_of_requests(first, child_complexity)"
    )]
    async fn requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which requests; all when left out.")] filter: Option<RequestFilter>,
        #[graphql(desc = "How many, at most 200; 50 when left out.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
    ) -> Result<Connection<Request>> {
        let filter = filter.unwrap_or_default().read()?;
        let page = PageRequest {
            first,
            after,
            ..PageRequest::default()
        };
        let page = ctx.service::<RequestLog>().list(&filter, &page).await?;
        Ok(Connection::new(page, Request))
    }

    /// A request; null when there is none with this id, or it is still under way.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "one(child_complexity)"
    )]
    async fn request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which request: the `X-Request-Id` of its answer.")] id: ID,
    ) -> Result<Option<Request>> {
        let Ok(id) = input::id(&id, "request") else {
            return Ok(None);
        };
        Ok(ctx.service::<RequestLog>().find(id).await?.map(Request))
    }
}
