//! Users: the people whose tools call the gateway.

use async_graphql::{Context, ID, Object};
use entity::{admin, user};

use super::list::{UserConnection, UserFilter, UserOrder};
use crate::{
    domain::{paging::PageRequest, quotas::Quotas, settings::Settings, usage::UsageFilter},
    graphql::{
        key::fields::ApiKey,
        quota::fields::Quota,
        request::{
            fields::{self, Request},
            filter::RequestFilter,
        },
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, one, page, page_of_requests},
            error::Result,
            guard::AtLeast,
            input,
            loaders::{KeysOfUser, UserId},
        },
        types::{
            paging::{Connection, Node},
            rate_limit::RateLimit,
            scalar::{BigInt, DateTime},
        },
        usage::{input::UsageRange, report::Usage},
    },
};

/// A user.
#[derive(Clone, Debug)]
pub(crate) struct User(pub(crate) user::Model);

impl Node for User {
    const CONNECTION: &'static str = "UserPart";

    fn cursor(&self) -> String {
        self.0.id.to_string()
    }
}

/// Somebody whose tools call the gateway.
#[Object]
impl User {
    /// The user's id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The user's name, unique among users that are not archived.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where to write to.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// What administrators noted; null for everybody else.
    async fn note(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.note.as_deref().filter(|_| ctx.is_administrator())
    }

    /// Whether the user's keys work.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// When the user was created.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When the user was archived, if so.
    async fn archived_at(&self) -> Option<DateTime> {
        self.0.archived_at.map(Into::into)
    }

    /// When one of the keys was last used, to half a minute.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(Into::into)
    }

    /// The models that the user may use, `*` standing for anything; null allows all.
    async fn allowed_models(&self) -> Option<&[String]> {
        self.0
            .allowed_models
            .as_ref()
            .map(|models| models.0.as_slice())
    }

    /// The tokens that were used since the last reset, or since the beginning.
    async fn used_tokens(&self) -> BigInt {
        BigInt(self.0.used_tokens.max(0))
    }

    /// When `resetUserUsage` was last called; null for never.
    async fn usage_reset_at(&self) -> Option<DateTime> {
        self.0.usage_reset_at.map(Into::into)
    }

    /// What the user may use with all keys together. Keys may have quotas of their own besides.
    #[graphql(complexity = "2 * child_complexity")]
    async fn quotas(&self, ctx: &Context<'_>) -> Vec<Quota> {
        Quota::all(ctx, ctx.service::<Quotas>().of_user(self.0.id))
    }

    /// How fast the user may call; null leaves it to the server's default.
    async fn rate_limit(&self) -> Option<RateLimit> {
        self.0.rate_limit.map(Into::into)
    }

    /// How fast the user may call, by an own limit or the server's default.
    async fn effective_rate_limit(&self, ctx: &Context<'_>) -> RateLimit {
        let settings = ctx.service::<Settings>().current();
        let limit = self.0.rate_limit;
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
        let keys = ctx.loader().load_one(KeysOfUser(self.0.id)).await?;
        let keys = keys.unwrap_or_default().into_iter();
        let wanted = keys.filter(|key| include_revoked || key.revoked_at.is_none());
        Ok(wanted.map(ApiKey).collect())
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
        fields::of_user(ctx, self.0.id, filter, (first, after)).await
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
        Usage::read(ctx, range, UsageFilter::of_user(self.0.id), &timezone).await
    }
}

/// The users' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct UserQuery;

#[Object]
impl UserQuery {
    /// Users, a page at a time.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "page(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "a connection has as many")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which users; those not archived when left out.")] filter: Option<
            UserFilter,
        >,
        #[graphql(desc = "In which order.", default_with = "Some(UserOrder::default())")]
        order_by: Option<UserOrder>,
        #[graphql(desc = "How many from the start, at most 200; 50 when left out.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 200.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<UserConnection> {
        let page = PageRequest {
            first,
            after,
            last,
            before,
        };
        let order = order_by.unwrap_or_default();
        UserConnection::read(ctx, filter.unwrap_or_default().into(), order, &page).await
    }

    /// A user, archived or not; null when there is none with this id.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "one(child_complexity)"
    )]
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user.")] id: ID,
    ) -> Result<Option<User>> {
        let Ok(id) = input::id(&id, "user") else {
            return Ok(None);
        };
        Ok(ctx.loader().load_one(UserId(id)).await?.map(User))
    }
}
