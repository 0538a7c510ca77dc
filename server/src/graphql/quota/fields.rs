//! The fields of a quota that need a service, and the query.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};

use super::{changes::holder, input::QuotaInput};
use crate::{
    clock::SharedClock,
    domain::{Error, ledger::QuotaState, users::quotas::Quotas},
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, list, sums},
            error::Result,
            guard::Declared,
            loaders::{ApiKeyId, UserId},
            role::{Role, requires_role},
        },
        types::{
            api_key::ApiKey, quota::Quota, quota_amount::QuotaAmount, scalar::DateTime, user::User,
        },
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

/// The usage that a quota would have if it was set now.
#[derive(SimpleObject)]
struct QuotaPreview {
    /// The usage in the current window, without that of requests in flight.
    used: QuotaAmount,
    /// Whether the limit is reached already, so that requests would be rejected immediately.
    rejects_immediately: bool,
    /// The time at which usage is reset or, in a rolling window, next decreases; null if it does not.
    resets_at: Option<DateTime>,
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

    /// The usage that a quota would have if it was set now. It counts the usage of its current window, so that it can
    /// reject requests immediately. Nothing is stored. Set either `userId` or `apiKeyId`.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "sums(1, child_complexity)"
    )]
    async fn quota_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user to limit, across all of their keys.")] user_id: Option<ID>,
        #[graphql(desc = "The key to limit on its own.")] api_key_id: Option<ID>,
        #[graphql(desc = "The quota, as it would be set.")] quota: QuotaInput,
    ) -> Result<QuotaPreview> {
        let holder = holder(user_id.as_ref(), api_key_id.as_ref())?;
        let quota = quota.read()?;
        let state = ctx.service::<Quotas>().preview(holder, &quota).await?;
        let standing = state.standing(ctx.service::<SharedClock>().now());
        let used = standing.used.max(0);
        Ok(QuotaPreview {
            used: QuotaAmount::of(quota.metric, used),
            rejects_immediately: used >= quota.limit,
            resets_at: standing.resets_at.map(Into::into),
        })
    }
}
