//! The fields of a user that need a service.

use async_graphql::{ComplexObject, Context};
use entity::{account_access::AccessSubjectKind, user_group};

use crate::{
    domain::{
        account_groups::AccountGroups,
        settings::Settings,
        usage::UsageFilter,
        users::{UserGroups, quotas::Quotas},
    },
    graphql::{
        agent_session::{self, list::AgentSessionFilter},
        quota,
        request::{filter::RequestFilter, list},
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, one, page, page_of_requests},
            error::Result,
            guard::DeclaredOn,
            loaders::KeysOfUser,
            role::{Role, requires_role},
        },
        types::{
            account_group::AccountAccess,
            agent_session::AgentSession,
            api_key::ApiKey,
            paging::Connection,
            quota::Quota,
            rate_limit::RateLimit,
            request::Request,
            user::User,
            user_group::{LimitSource, UserGroup},
        },
        usage::{input::UsageRange, report::Usage},
    },
};

impl User {
    fn stored_group(&self, ctx: &Context<'_>) -> Option<user_group::Model> {
        ctx.service::<UserGroups>().table().get(self.group_id?)
    }
}

#[ComplexObject]
impl User {
    /// The note of administrators; null for callers that are not administrators.
    async fn note(&self, ctx: &Context<'_>) -> Option<&str> {
        self.admin_note
            .as_deref()
            .filter(|_| ctx.is_administrator())
    }

    /// The quotas across all keys of the user. Keys can have quotas of their own in addition.
    #[graphql(complexity = "2 * child_complexity")]
    async fn quotas(&self, ctx: &Context<'_>) -> Vec<Quota> {
        quota::fields::now(ctx, ctx.service::<Quotas>().of_user(self.row_id))
    }

    /// The group of the user; null without one. What the user does not set, the group decides.
    async fn group(&self, ctx: &Context<'_>) -> Option<UserGroup> {
        self.stored_group(ctx).map(UserGroup::from)
    }

    /// The rate limit that applies: the user's own, that of the group, or the server's default.
    async fn effective_rate_limit(&self, ctx: &Context<'_>) -> RateLimit {
        let settings = ctx.service::<Settings>().current();
        let of_group = || self.stored_group(ctx)?.rate_limit;
        let limit = self.own_rate_limit.or_else(of_group);
        limit.unwrap_or(settings.gateway.default_rate_limit).into()
    }

    /// The account groups that the user may use. A key with groups of its own uses those instead.
    #[graphql(guard = "DeclaredOn(\"User\")", directive = requires_role::apply(Role::Viewer))]
    async fn account_access(&self, ctx: &Context<'_>) -> AccountAccess {
        let state = ctx.service::<AccountGroups>().access().current();
        let own = state.own(AccessSubjectKind::User, self.row_id);
        AccountAccess::new(state.effective(self.row_id, None), own)
    }

    /// The source of `effectiveRateLimit`.
    async fn rate_limit_source(&self, ctx: &Context<'_>) -> LimitSource {
        let group = self.stored_group(ctx);
        let has_group = group.is_some_and(|group| group.rate_limit.is_some());
        LimitSource::of(self.own_rate_limit.is_some(), has_group)
    }

    /// The patterns of allowed models that apply: the user's own or those of the group; null allows all.
    async fn effective_allowed_models(&self, ctx: &Context<'_>) -> Option<Vec<String>> {
        let of_group = || Some(self.stored_group(ctx)?.allowed_models?.0);
        self.allowed_models.clone().or_else(of_group)
    }

    /// The source of `effectiveAllowedModels`.
    async fn allowed_models_source(&self, ctx: &Context<'_>) -> LimitSource {
        let group = self.stored_group(ctx);
        let has_group = group.is_some_and(|group| group.allowed_models.is_some());
        LimitSource::of(self.allowed_models.is_some(), has_group)
    }

    /// The user's keys, newest first.
    #[graphql(complexity = "5 * child_complexity + BATCHED")]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = false, desc = "Whether to include revoked keys.")]
        include_revoked: bool,
    ) -> Result<Vec<ApiKey>> {
        let keys = ctx.loader().load_one(KeysOfUser(self.row_id)).await?;
        let keys = keys.unwrap_or_default().into_iter();
        let wanted = keys.filter(|key| include_revoked || key.revoked_at.is_none());
        Ok(wanted.map(ApiKey::from).collect())
    }

    /// The user's requests, newest first.
    #[graphql(complexity = "page_of_requests(first, child_complexity)")]
    async fn requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; `userId` is ignored.")] filter: Option<RequestFilter>,
        #[graphql(desc = "The page size: 1 to 200, 50 when omitted.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
    ) -> Result<Connection<Request>> {
        list::of_user(ctx, self.row_id, filter, (first, after)).await
    }

    /// The sessions of the user's agents, those with the latest requests first.
    #[graphql(complexity = "page(first, None, child_complexity)")]
    async fn agent_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; `userId` is ignored.")] filter: Option<AgentSessionFilter>,
        #[graphql(desc = "The page size: 1 to 200, 50 when omitted.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
    ) -> Result<Connection<AgentSession>> {
        agent_session::list::of_user(ctx, self.row_id, filter, (first, after)).await
    }

    /// The usage of the user.
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
        Usage::read(ctx, range, UsageFilter::of_user(self.row_id), &timezone).await
    }
}
