//! Keys: what users' tools show to the gateway.

use async_graphql::{Context, Enum, ID, Object};
use entity::api_key;

use crate::{
    clock::SharedClock,
    domain::{Error, quotas::Quotas, usage::UsageFilter},
    graphql::{
        quota::fields::Quota,
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, one},
            error::Result,
            loaders::UserId,
        },
        types::{rate_limit::RateLimit, scalar::DateTime},
        usage::{input::UsageRange, report::Usage},
        user::fields::User,
    },
};

/// A key.
#[derive(Clone, Debug)]
pub(crate) struct ApiKey(pub(crate) api_key::Model);

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ApiKeyState {
    /// It works, as long as its user is enabled.
    Active,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

/// A user's key for the gateway (`sk-…`).
#[Object]
impl ApiKey {
    /// The key's id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Whose it is.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let user = ctx.loader().load_one(UserId(self.0.user_id)).await?;
        Ok(User(user.ok_or(Error::NotFound { what: "user" })?))
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How it begins, to recognise it by.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// How it ends, to recognise it by.
    async fn last_four(&self) -> &str {
        &self.0.last_four
    }

    /// Whether it works.
    async fn state(&self, ctx: &Context<'_>) -> ApiKeyState {
        let now = ctx.service::<SharedClock>().now();
        if self.0.revoked_at.is_some() {
            ApiKeyState::Revoked
        } else if self.0.expires_at.is_some_and(|end| end <= now) {
            ApiKeyState::Expired
        } else {
            ApiKeyState::Active
        }
    }

    /// When it was issued.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last used, to half a minute.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(Into::into)
    }

    /// When it ends of itself; null for never.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(Into::into)
    }

    /// When it was revoked, if it was.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(Into::into)
    }

    /// The models that it opens, `*` standing for anything; null opens all that the user may use.
    async fn allowed_models(&self) -> Option<&[String]> {
        self.0
            .allowed_models
            .as_ref()
            .map(|models| models.0.as_slice())
    }

    /// What may be used with this key, besides what its user may use.
    #[graphql(complexity = "2 * child_complexity")]
    async fn quotas(&self, ctx: &Context<'_>) -> Vec<Quota> {
        Quota::all(ctx, ctx.service::<Quotas>().of_api_key(&self.0))
    }

    /// How fast it may be used; null when its user's limit alone holds.
    async fn rate_limit(&self) -> Option<RateLimit> {
        self.0.rate_limit.map(Into::into)
    }

    /// What the key used.
    #[graphql(complexity = "one(child_complexity)")]
    async fn usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "When; this month when left out.")] range: Option<UsageRange>,
        #[graphql(
            default = "UTC",
            desc = "By the clocks of which place days are counted: an IANA name."
        )]
        timezone: String,
    ) -> Result<Usage> {
        Usage::read(ctx, range, UsageFilter::of_api_key(self.0.id), &timezone).await
    }
}
