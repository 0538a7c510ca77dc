//! Users: the people whose tools call the gateway.

use async_graphql::{ComplexObject, Context};

use crate::{
    domain::{quotas::Quotas, settings::Settings, usage::UsageFilter},
    graphql::{
        quota,
        request::{filter::RequestFilter, list},
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, one, page_of_requests},
            error::Result,
            loaders::KeysOfUser,
        },
        types::{
            api_key::ApiKey, paging::Connection, quota::Quota, rate_limit::RateLimit,
            request::Request, user::User,
        },
        usage::{input::UsageRange, report::Usage},
    },
};

#[ComplexObject]
impl User {
    /// What administrators noted; null for everybody else.
    async fn note(&self, ctx: &Context<'_>) -> Option<&str> {
        self.admin_note
            .as_deref()
            .filter(|_| ctx.is_administrator())
    }

    /// What the user may use with all keys together. Keys may have quotas of their own besides.
    #[graphql(complexity = "2 * child_complexity")]
    async fn quotas(&self, ctx: &Context<'_>) -> Vec<Quota> {
        quota::fields::now(ctx, ctx.service::<Quotas>().of_user(self.user_id))
    }

    /// How fast the user may call, by an own limit or the server's default.
    async fn effective_rate_limit(&self, ctx: &Context<'_>) -> RateLimit {
        let settings = ctx.service::<Settings>().current();
        let limit = self.own_rate_limit;
        limit.unwrap_or(settings.gateway.default_rate_limit).into()
    }

    /// The user's keys, the newest first.
    #[graphql(complexity = "5 * child_complexity + BATCHED")]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = false, desc = "Whether revoked ones are listed too.")]
        include_revoked: bool,
    ) -> Result<Vec<ApiKey>> {
        let keys = ctx.loader().load_one(KeysOfUser(self.user_id)).await?;
        let keys = keys.unwrap_or_default().into_iter();
        let wanted = keys.filter(|key| include_revoked || key.revoked_at.is_none());
        Ok(wanted.map(ApiKey::from).collect())
    }

    /// The user's requests, the latest first.
    #[graphql(complexity = "page_of_requests(first, child_complexity)")]
    async fn requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which requests; `userId` is this user's whatever it says.")]
        filter: Option<RequestFilter>,
        #[graphql(desc = "How many, at most 200; 50 when left out.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
    ) -> Result<Connection<Request>> {
        list::of_user(ctx, self.user_id, filter, (first, after)).await
    }

    /// What the user used.
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
        Usage::read(ctx, range, UsageFilter::of_user(self.user_id), &timezone).await
    }
}
