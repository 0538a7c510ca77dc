//! The fields of a key that need a service.

use async_graphql::{ComplexObject, Context};
use chrono::Utc;
use entity::{account_access::AccessSubjectKind, api_key};

use crate::{
    clock::SharedClock,
    domain::{
        Error,
        account_groups::AccountGroups,
        usage::UsageFilter,
        users::{
            api_keys::{self, ApiKeys, KeyLife},
            quotas::Quotas,
        },
    },
    graphql::{
        quota,
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, one},
            error::Result,
            guard::DeclaredOn,
            loaders::{AddressesOfKey, KeysOfUser, RecentUsageOfKey, SignInOfKey, UserId},
            role::{Role, requires_role},
        },
        types::{
            account_group::AccountAccess,
            agent_sign_in::AgentSignIn,
            api_key::{ApiKey, ApiKeyAddress, ApiKeyState},
            quota::Quota,
            scalar::DateTime,
            user::User,
        },
        usage::{input::UsageRange, report::Usage, totals::UsageTotals},
    },
};

impl ApiKey {
    fn end(&self, ctx: &Context<'_>) -> Option<chrono::DateTime<Utc>> {
        ctx.service::<ApiKeys>().policy().end_of(self.life)
    }
}

#[ComplexObject]
impl ApiKey {
    /// The user that it belongs to.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let user = ctx.loader().load_one(UserId(self.user_id)).await?;
        Ok(User::from(user.ok_or(Error::NotFound { what: "user" })?))
    }

    /// Whether the key is valid.
    async fn state(&self, ctx: &Context<'_>) -> ApiKeyState {
        let now = ctx.service::<SharedClock>().now();
        if self.revoked_at.is_some() {
            ApiKeyState::Revoked
        } else if self.end(ctx).is_some_and(|end| end <= now) {
            ApiKeyState::Expired
        } else {
            ApiKeyState::Active
        }
    }

    /// The time at which it ends unless it is used before: by its own expiry or by the settings `maxKeyLifeDays` and
    /// `maxKeyIdleDays`, whichever is first; null if it does not end.
    async fn ends_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.end(ctx).map(Into::into)
    }

    /// The agent that signed in with this key; null for a key with a secret. `revokeApiKey` ends the sign-in.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn agent_sign_in(&self, ctx: &Context<'_>) -> Result<Option<AgentSignIn>> {
        if self.signed_in_at.is_none() {
            return Ok(None);
        }
        let sign_in = ctx.loader().load_one(SignInOfKey(self.key_id)).await?;
        Ok(sign_in.map(AgentSignIn::from))
    }

    /// The active keys that the user created with it, or with a key that was created so: `revokeApiKey` revokes them
    /// too.
    #[graphql(complexity = "5 * child_complexity + BATCHED")]
    async fn created_keys(&self, ctx: &Context<'_>) -> Result<Vec<ApiKey>> {
        let keys = ctx.loader().load_one(KeysOfUser(self.user_id)).await?;
        let keys = keys.unwrap_or_default();
        let now = ctx.service::<SharedClock>().now();
        let policy = ctx.service::<ApiKeys>().policy();
        let lives = |key: &&api_key::Model| {
            let end = policy.end_of(KeyLife::of(key));
            key.revoked_at.is_none() && end.is_none_or(|end| end > now)
        };
        let created = api_keys::created_with(&keys, &[self.key_id]);
        let active = created.filter(lives);
        Ok(active.cloned().map(ApiKey::from).collect())
    }

    /// The account groups that requests with the key may use.
    #[graphql(guard = "DeclaredOn(\"ApiKey\")", directive = requires_role::apply(Role::Viewer))]
    async fn account_access(&self, ctx: &Context<'_>) -> AccountAccess {
        let state = ctx.service::<AccountGroups>().access().current();
        let own = state.own(AccessSubjectKind::ApiKey, self.key_id);
        AccountAccess::new(state.effective(self.user_id, Some(self.key_id)), own)
    }

    /// The quotas of this key alone, which apply in addition to the user's.
    #[graphql(complexity = "2 * child_complexity")]
    async fn quotas(&self, ctx: &Context<'_>) -> Vec<Quota> {
        quota::fields::now(
            ctx,
            ctx.service::<Quotas>()
                .of_api_key(self.user_id, self.key_id),
        )
    }

    /// The usage of the last 30 days in UTC, today included. In a list it costs one query, unlike `usage`.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn recent_usage(&self, ctx: &Context<'_>) -> Result<UsageTotals> {
        let usage = ctx.loader().load_one(RecentUsageOfKey(self.key_id)).await?;
        Ok(UsageTotals::from(usage.unwrap_or_default()))
    }

    /// The addresses that the key was used from, of its last 100 requests that are kept: at most 5, the latest first.
    #[graphql(complexity = "5 * child_complexity + 2 * BATCHED")]
    async fn recent_addresses(&self, ctx: &Context<'_>) -> Result<Vec<ApiKeyAddress>> {
        let addresses = ctx.loader().load_one(AddressesOfKey(self.key_id)).await?;
        let addresses = addresses.unwrap_or_default().into_iter();
        Ok(addresses.map(ApiKeyAddress::from).collect())
    }

    /// The usage of this key.
    #[graphql(complexity = "one(child_complexity)")]
    async fn usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The time range; the current month when omitted.")] range: Option<
            UsageRange,
        >,
        #[graphql(
            default = "UTC",
            desc = "The IANA time zone in which days are counted."
        )]
        timezone: String,
    ) -> Result<Usage> {
        Usage::read(ctx, range, UsageFilter::of_api_key(self.key_id), &timezone).await
    }
}
