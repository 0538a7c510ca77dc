//! Setting what users and keys may use: quotas, rate limits, and starting again.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::admin::Role;

use super::fields::{QuotaMetric, QuotaWindow};
use crate::{
    domain::{
        Error,
        quotas::{LimitHolder, LimitSubject, NewQuota, Quotas},
    },
    graphql::{
        key::fields::ApiKey,
        provider::account::ProviderKind,
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast, input},
        types::{quota_amount::QuotaAmount, rate_limit::RateLimitInput, scalar::BigInt},
        user::fields::User,
    },
};

/// What a quota is to be like.
#[derive(InputObject)]
pub(crate) struct QuotaInput {
    /// What is counted.
    metric: QuotaMetric,
    /// How much may be used in one window; more than nothing.
    limit: QuotaAmount,
    /// When counting starts again.
    #[graphql(default_with = "QuotaWindow::Month")]
    window: QuotaWindow,
    /// The length of a rolling window, and of no other: a minute to 400 days.
    rolling_seconds: Option<i32>,
    /// The zone whose calendar counts: an IANA name.
    #[graphql(default = "UTC")]
    timezone: String,
    /// Which provider's requests count; all when left out.
    provider: Option<ProviderKind>,
    /// Requests for which models count, `*` standing for anything; all when left out.
    model_pattern: Option<String>,
    /// Percentages of the limit that only warn, ascending.
    #[graphql(default_with = "vec![80, 95]")]
    soft_percents: Vec<i32>,
    /// Whether requests are refused of which one cannot tell how much they may use: without a `max_tokens`,
    /// or without a price if costs are counted. Such a quota is never overdrawn.
    #[graphql(default = false)]
    strict: bool,
}

impl QuotaInput {
    /// The quotas in the words of the domain, which checks them.
    pub(crate) fn read_all(quotas: Vec<Self>) -> Result<Vec<NewQuota>> {
        quotas.into_iter().map(Self::read).collect()
    }

    fn read(self) -> Result<NewQuota> {
        let metric = self.metric.into();
        Ok(NewQuota {
            metric,
            limit: self.limit.read(metric)?,
            window: self.window.into(),
            rolling_seconds: self.rolling_seconds,
            timezone: self.timezone,
            provider: self.provider.map(Into::into),
            model_pattern: self.model_pattern,
            soft_percents: self.soft_percents,
            strict: self.strict,
        })
    }
}

/// Quotas that take the place of those that a user or a key has. Name one of the two.
#[derive(InputObject)]
struct SetQuotasInput {
    /// Whom they limit, with all keys together.
    user_id: Option<ID>,
    /// Which key alone they limit.
    api_key_id: Option<ID>,
    /// The quotas, at most 20. One with the same metric, window, time zone, provider and models as before
    /// keeps its id and what was used of it; a new one counts what was used in its window already.
    quotas: Vec<QuotaInput>,
}

/// Changes to the quotas of a user or of a key. Name one of the two. What is not named stays as it is.
#[derive(InputObject)]
struct ChangeQuotasInput {
    /// Whom they limit, with all keys together.
    user_id: Option<ID>,
    /// Which key alone they limit.
    api_key_id: Option<ID>,
    /// The ids of quotas that are removed. To edit a quota, name it here and add what it becomes.
    #[graphql(default)]
    remove: Vec<ID>,
    /// Quotas that are added. One with the same metric, window, time zone, provider and models as a removed one
    /// keeps its id and what was used of it; a new one counts what was used in its window already.
    #[graphql(default)]
    add: Vec<QuotaInput>,
}

/// Parts of how fast a user or a key may call. Name one of the two. What is left out stays, and null does not limit.
#[derive(InputObject)]
struct UpdateRateLimitInput {
    /// Who is limited, with all keys together.
    user_id: Option<ID>,
    /// Which key alone is limited.
    api_key_id: Option<ID>,
    /// Requests in a minute.
    requests_per_minute: MaybeUndefined<u32>,
    /// Tokens in a minute, in all buckets together.
    tokens_per_minute: MaybeUndefined<BigInt>,
    /// Requests, and turns of sockets, in flight at once.
    concurrent_requests: MaybeUndefined<u32>,
    /// WebSockets open at once.
    concurrent_sockets: MaybeUndefined<u32>,
}

/// How fast a user or a key may call. Name one of the two. A limit takes the place of the whole limit that
/// there was; when everything is left out, the server's default holds for a user, and the user's limit alone
/// for a key.
#[derive(InputObject)]
struct SetRateLimitInput {
    /// Who is limited, with all keys together.
    user_id: Option<ID>,
    /// Which key alone is limited.
    api_key_id: Option<ID>,
    /// Requests in a minute.
    requests_per_minute: Option<u32>,
    /// Tokens in a minute, in all buckets together.
    tokens_per_minute: Option<BigInt>,
    /// Requests, and turns of sockets, under way at once.
    concurrent_requests: Option<u32>,
    /// WebSockets open at once.
    concurrent_sockets: Option<u32>,
}

/// Quotas were set.
#[derive(SimpleObject)]
struct SetQuotasPayload {
    /// The user, or whose key it is.
    user: User,
    /// The key, if one was named.
    api_key: Option<ApiKey>,
}

/// A rate limit was set.
#[derive(SimpleObject)]
struct SetRateLimitPayload {
    /// The user, or whose key it is.
    user: User,
    /// The key, if one was named.
    api_key: Option<ApiKey>,
}

/// A user starts again.
#[derive(SimpleObject)]
struct ResetUserUsagePayload {
    /// The user.
    user: User,
    /// The tokens that were counted since the reset before.
    previous_used_tokens: BigInt,
}

/// The quotas' part of the changes.
#[derive(Debug, Default)]
pub(crate) struct QuotaMutation;

#[Object]
impl QuotaMutation {
    /// Set the quotas of a user or of a key, in place of those there are. They hold at once.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn set_quotas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose quotas, and which.")] input: SetQuotasInput,
    ) -> Result<SetQuotasPayload> {
        let holder = holder(input.user_id.as_ref(), input.api_key_id.as_ref())?;
        let quotas = QuotaInput::read_all(input.quotas)?;
        let LimitSubject { user, api_key } = ctx
            .service::<Quotas>()
            .set(&ctx.audit(), holder, &quotas)
            .await?;
        Ok(SetQuotasPayload {
            user: User(user),
            api_key: api_key.map(ApiKey),
        })
    }

    /// Add, edit and remove single quotas of a user or of a key. The others stay, also those that were added
    /// meanwhile. The changes hold at once.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn change_quotas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose quotas, and which.")] input: ChangeQuotasInput,
    ) -> Result<SetQuotasPayload> {
        let holder = holder(input.user_id.as_ref(), input.api_key_id.as_ref())?;
        let ids = input.remove.iter().map(|id| input::id(id, "quota"));
        let removed = ids.collect::<Result<Vec<_>>>()?;
        let added = QuotaInput::read_all(input.add)?;
        let quotas = ctx.service::<Quotas>();
        let LimitSubject { user, api_key } =
            quotas.change(&ctx.audit(), holder, removed, added).await?;
        Ok(SetQuotasPayload {
            user: User(user),
            api_key: api_key.map(ApiKey),
        })
    }

    /// Change parts of how fast a user or a key may call. The changes hold at once.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn update_rate_limit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose limit, and which parts of it.")] input: UpdateRateLimitInput,
    ) -> Result<SetRateLimitPayload> {
        let holder = holder(input.user_id.as_ref(), input.api_key_id.as_ref())?;
        let tokens = input.tokens_per_minute.map_value(BigInt::count);
        let tokens = tokens.transpose()?;
        let change = |limit: entity::RateLimit| entity::RateLimit {
            requests_per_minute: or(input.requests_per_minute, limit.requests_per_minute),
            tokens_per_minute: or(tokens, limit.tokens_per_minute),
            concurrent_requests: or(input.concurrent_requests, limit.concurrent_requests),
            concurrent_sockets: or(input.concurrent_sockets, limit.concurrent_sockets),
        };
        let quotas = ctx.service::<Quotas>();
        let audit = ctx.audit();
        let changed = quotas.change_rate_limit(&audit, holder, change);
        let LimitSubject { user, api_key } = changed.await?;
        Ok(SetRateLimitPayload {
            user: User(user),
            api_key: api_key.map(ApiKey),
        })
    }

    /// Set how fast a user or a key may call. It holds at once.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn set_rate_limit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose limit, and which.")] input: SetRateLimitInput,
    ) -> Result<SetRateLimitPayload> {
        let holder = holder(input.user_id.as_ref(), input.api_key_id.as_ref())?;
        let limit = RateLimitInput {
            requests_per_minute: input.requests_per_minute,
            tokens_per_minute: input.tokens_per_minute,
            concurrent_requests: input.concurrent_requests,
            concurrent_sockets: input.concurrent_sockets,
        };
        let (audit, limit) = (ctx.audit(), limit.read()?);
        let set = ctx
            .service::<Quotas>()
            .set_rate_limit(&audit, holder, limit);
        let LimitSubject { user, api_key } = set.await?;
        Ok(SetRateLimitPayload {
            user: User(user),
            api_key: api_key.map(ApiKey),
        })
    }

    /// Forget what a user has used: the quotas of the user and of the keys start again. Records and sums stay.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn reset_user_usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user.")] id: ID,
    ) -> Result<ResetUserUsagePayload> {
        let id = input::id(&id, "user")?;
        let (user, previous) = ctx
            .service::<Quotas>()
            .reset_usage(&ctx.audit(), id)
            .await?;
        Ok(ResetUserUsagePayload {
            user: User(user),
            previous_used_tokens: BigInt(previous),
        })
    }
}

/// What was asked for; what there was where nothing was.
fn or<T>(asked: MaybeUndefined<T>, otherwise: Option<T>) -> Option<T> {
    match asked {
        MaybeUndefined::Undefined => otherwise,
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(value) => Some(value),
    }
}

fn holder(user: Option<&ID>, api_key: Option<&ID>) -> Result<LimitHolder> {
    match (user, api_key) {
        (Some(user), None) => Ok(LimitHolder::User(input::id(user, "user")?)),
        (None, Some(api_key)) => Ok(LimitHolder::ApiKey(input::id(api_key, "API key")?)),
        (Some(_), Some(_)) | (None, None) => {
            Err(Error::bad_input("name either userId or apiKeyId").into())
        }
    }
}
