//! The fields of a quota that need a service, and the query.

use async_graphql::{ComplexObject, Context, Object};

use crate::{
    clock::SharedClock,
    domain::{Error, ledger::QuotaState, quotas::Quotas},
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, list},
            error::Result,
            guard::Declared,
            loaders::{ApiKeyId, UserId},
            role::{Role, requires_role},
        },
        types::{api_key::ApiKey, quota::Quota, user::User},
    },
};

#[ComplexObject]
impl Quota {
    /// The user of the quota.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let user = UserId(self.user_id);
        let user = ctx.loader().load_one(user).await?;
        Ok(User::from(user.ok_or(Error::NotFound { what: "user" })?))
    }

    /// The key that it limits on its own; null if it limits all of the user's keys together.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn api_key(&self, ctx: &Context<'_>) -> Result<Option<ApiKey>> {
        let Some(id) = self.api_key_id else {
            return Ok(None);
        };
        Ok(ctx.loader().load_one(ApiKeyId(id)).await?.map(ApiKey::from))
    }
}

pub(crate) fn now(ctx: &Context<'_>, states: Vec<QuotaState>) -> Vec<Quota> {
    let at = ctx.service::<SharedClock>().now();
    let states = states.into_iter();
    states.map(|state| Quota::at(state, at)).collect()
}

#[derive(Debug, Default)]
pub(crate) struct QuotaQuery;

#[Object(guard = "Declared")]
impl QuotaQuery {
    /// The quotas of all users that are not archived and of all keys that are not revoked, the highest used
    /// percentage first.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(100, child_complexity)"
    )]
    async fn quotas(&self, ctx: &Context<'_>) -> Result<Vec<Quota>> {
        let meters = ctx.service::<Quotas>().all().await?;
        Ok(now(ctx, meters))
    }
}
