//! The fields of a request that need a service.

use async_graphql::{ComplexObject, Context};
use entity::request_failure::MAX_ATTEMPTS;

use super::calculation::CostCalculation;
use crate::{
    domain::{Error, prices::Prices, requests},
    graphql::{
        price::list::Price,
        provider::account::ProviderAccount,
        resolver::{
            context::ContextExt as _,
            cost::BATCHED,
            error::Result,
            loaders::{AccountId, AgentSessionId, ApiKeyId, UserId},
        },
        types::{
            agent_session::AgentSession,
            api_key::ApiKey,
            request::{CostBasis, Request},
            request_failure::RequestAttempt,
            user::User,
        },
    },
};

#[ComplexObject]
impl Request {
    /// The user that sent it.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let user = ctx.loader().load_one(UserId(self.user_id)).await?;
        Ok(User::from(user.ok_or(Error::NotFound { what: "user" })?))
    }

    /// The key that it was sent with.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn api_key(&self, ctx: &Context<'_>) -> Result<ApiKey> {
        let key = ctx.loader().load_one(ApiKeyId(self.api_key_id)).await?;
        Ok(ApiKey::from(
            key.ok_or(Error::NotFound { what: "API key" })?,
        ))
    }

    /// The account that served it; null while unknown, and null for callers that are not administrators.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<ProviderAccount>> {
        let id = self.account_id.filter(|_| ctx.is_administrator());
        let Some(id) = id else { return Ok(None) };
        let account = ctx.loader().load_one(AccountId(id)).await?;
        Ok(account.map(ProviderAccount::from))
    }

    /// The session of the agent that sent it; null if it belongs to none, or retention has deleted the session.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn agent_session(&self, ctx: &Context<'_>) -> Result<Option<AgentSession>> {
        let Some(id) = self.agent_session_id else {
            return Ok(None);
        };
        let session = ctx.loader().load_one(AgentSessionId(id)).await?;
        Ok(session.map(AgentSession::from))
    }

    /// The engine's attempts at provider accounts if at least one failed, in the order of its reports: the first 8.
    /// Empty if none failed, while the engine has not reported yet, if it found no account to try, and for callers
    /// that are not administrators.
    #[graphql(complexity = "MAX_ATTEMPTS * child_complexity")]
    async fn attempts(&self, ctx: &Context<'_>) -> Vec<RequestAttempt> {
        let attempts = self.attempts.iter().filter(|_| ctx.is_administrator());
        let attempts = attempts.flat_map(|attempts| attempts.0.iter().cloned());
        attempts.map(RequestAttempt::from).collect()
    }

    /// The origin of the cost; null while the tokens are unknown, and if the request used nothing that has a price.
    async fn cost_basis(&self, ctx: &Context<'_>) -> Option<CostBasis> {
        let prices = ctx.service::<Prices>().current();
        let cost = (self.cost.as_ref().map(|cost| cost.0), self.price_id);
        requests::CostBasis::of(cost, self.unpriced, &prices).map(Into::into)
    }

    /// The price that was applied, that of another model if the cost is assumed; null if none was needed or none was in
    /// force.
    async fn price(&self, ctx: &Context<'_>) -> Option<Price> {
        let prices = ctx.service::<Prices>().current();
        let price = self.price_id.and_then(|id| prices.by_id(id).cloned());
        price.map(Price::from)
    }

    /// How the cost was calculated; null if no price was applied.
    async fn cost_calculation(&self, ctx: &Context<'_>) -> Option<CostCalculation> {
        let prices = ctx.service::<Prices>().current();
        let price = prices.by_id(self.price_id?)?;
        Some(CostCalculation::new(price, self.usage?))
    }
}

#[ComplexObject]
impl RequestAttempt {
    /// The account; null if it is unknown or deleted.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<ProviderAccount>> {
        let Some(id) = self.account_id else {
            return Ok(None);
        };
        let account = ctx.loader().load_one(AccountId(id)).await?;
        Ok(account.map(ProviderAccount::from))
    }
}
