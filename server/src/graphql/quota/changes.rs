//! Changing quotas and rate limits, and resetting usage.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::input::QuotaInput;
use crate::{
    domain::{
        Error,
        users::quotas::{LimitHolder, LimitSubject, Quotas},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{api_key::ApiKey, rate_limit::RateLimitInput, scalar::BigInt, user::User},
    },
};

/// Quotas that replace all quotas of a user or a key. Set either `userId` or `apiKeyId`.
#[derive(InputObject)]
struct SetQuotasInput {
    /// The user to limit, across all of their keys.
    user_id: Option<ID>,
    /// The key to limit on its own.
    api_key_id: Option<ID>,
    /// The quotas, at most 20. One with the same metric, window, time zone, provider and models as before
    /// keeps its id and usage; a new one starts with the usage of its current window.
    quotas: Vec<QuotaInput>,
}

/// Changes to the quotas of a user or a key. Set either `userId` or `apiKeyId`. Other quotas stay as they
/// are.
#[derive(InputObject)]
struct ChangeQuotasInput {
    /// The user to limit, across all of their keys.
    user_id: Option<ID>,
    /// The key to limit on its own.
    api_key_id: Option<ID>,
    /// The ids of quotas to remove. To edit a quota, remove it and add its new version in the same change.
    #[graphql(default)]
    remove: Vec<ID>,
    /// The quotas to add. One with the same metric, window, time zone, provider and models as a removed one
    /// keeps its id and usage; a new one starts with the usage of its current window.
    #[graphql(default)]
    add: Vec<QuotaInput>,
}

/// Changes to the rate limit of a user or a key. Set either `userId` or `apiKeyId`. Omitted fields stay as
/// they are; null removes a limit.
#[derive(InputObject)]
struct UpdateRateLimitInput {
    /// The user to limit, across all of their keys.
    user_id: Option<ID>,
    /// The key to limit on its own.
    api_key_id: Option<ID>,
    /// Requests per minute.
    requests_per_minute: MaybeUndefined<u32>,
    /// Tokens per minute, the sum of all buckets.
    tokens_per_minute: MaybeUndefined<BigInt>,
    /// Concurrent requests and WebSocket turns in flight.
    concurrent_requests: MaybeUndefined<u32>,
    /// Concurrent open WebSockets.
    concurrent_sockets: MaybeUndefined<u32>,
    /// How long a request waits for the limits on requests and tokens, in seconds, before it is refused: 0 to 120. Null for not
    /// at all; of a key, null for as long as its user allows.
    max_wait_seconds: MaybeUndefined<u32>,
}

/// The rate limit of a user or a key. Set either `userId` or `apiKeyId`. It replaces the whole earlier limit.
/// When all limits are omitted, the server's default applies to a user, and only the user's limit to a key.
#[derive(InputObject)]
struct SetRateLimitInput {
    /// The user to limit, across all of their keys.
    user_id: Option<ID>,
    /// The key to limit on its own.
    api_key_id: Option<ID>,
    /// Requests per minute.
    requests_per_minute: Option<u32>,
    /// Tokens per minute, the sum of all buckets.
    tokens_per_minute: Option<BigInt>,
    /// Concurrent requests and WebSocket turns in flight.
    concurrent_requests: Option<u32>,
    /// Concurrent open WebSockets.
    concurrent_sockets: Option<u32>,
    /// How long a request waits for the limits on requests and tokens, in seconds, before it is refused: 0 to 120. Not at all
    /// when omitted; of a key, as long as its user allows.
    max_wait_seconds: Option<u32>,
}

/// The result of changing quotas.
#[derive(SimpleObject)]
struct SetQuotasPayload {
    /// The user, or the owner of the key.
    user: User,
    /// The key; null if the change was for a user.
    api_key: Option<ApiKey>,
}

/// The result of changing a rate limit.
#[derive(SimpleObject)]
struct SetRateLimitPayload {
    /// The user, or the owner of the key.
    user: User,
    /// The key; null if the change was for a user.
    api_key: Option<ApiKey>,
}

/// The result of `resetUserUsage`.
#[derive(SimpleObject)]
struct ResetUserUsagePayload {
    /// The user.
    user: User,
    /// The tokens that were counted since the previous reset.
    previous_used_tokens: BigInt,
}

#[derive(Debug, Default)]
pub(crate) struct ChangeLimitsMutation;

#[Object(guard = "Declared")]
impl ChangeLimitsMutation {
    /// Replace all quotas of a user or a key. They take effect immediately.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn set_quotas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user or key, and the quotas.")] input: SetQuotasInput,
        #[graphql(
            desc = "The `quotasVersion` that the change is based on; `CONFLICT` if it is another one now. Omit it to change the present state, whichever it is."
        )]
        expected_version: Option<i32>,
    ) -> Result<SetQuotasPayload> {
        let holder = holder(input.user_id.as_ref(), input.api_key_id.as_ref())?;
        let quotas = QuotaInput::read_all(input.quotas)?;
        let LimitSubject { user, api_key } = ctx
            .service::<Quotas>()
            .set(&ctx.audit(), holder, expected_version, &quotas)
            .await?;
        Ok(SetQuotasPayload {
            user: User::from(user),
            api_key: api_key.map(ApiKey::from),
        })
    }

    /// Add, edit and remove single quotas of a user or a key. Other quotas stay, including those that were
    /// added concurrently. Changes take effect immediately.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn change_quotas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user or key, and the quotas.")] input: ChangeQuotasInput,
        #[graphql(
            desc = "The `quotasVersion` that the change is based on; `CONFLICT` if it is another one now. Omit it to change the present state, whichever it is."
        )]
        expected_version: Option<i32>,
    ) -> Result<SetQuotasPayload> {
        let holder = holder(input.user_id.as_ref(), input.api_key_id.as_ref())?;
        let ids = input.remove.iter().map(|id| input::id(id, "quota"));
        let removed = ids.collect::<Result<Vec<_>>>()?;
        let added = QuotaInput::read_all(input.add)?;
        let quotas = ctx.service::<Quotas>();
        let audit = ctx.audit();
        let changed = quotas.change(&audit, holder, expected_version, removed, added);
        let LimitSubject { user, api_key } = changed.await?;
        Ok(SetQuotasPayload {
            user: User::from(user),
            api_key: api_key.map(ApiKey::from),
        })
    }

    /// Update parts of the rate limit of a user or a key. Changes take effect immediately.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn update_rate_limit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user or key, and the changes.")] input: UpdateRateLimitInput,
        #[graphql(
            desc = "The `rateLimitVersion` that the change is based on; `CONFLICT` if it is another one now. Omit it to change the present state, whichever it is."
        )]
        expected_version: Option<i32>,
    ) -> Result<SetRateLimitPayload> {
        let holder = holder(input.user_id.as_ref(), input.api_key_id.as_ref())?;
        let tokens = input.tokens_per_minute.map_value(BigInt::count);
        let tokens = tokens.transpose()?;
        let change = |limit: entity::RateLimit| entity::RateLimit {
            requests_per_minute: or(input.requests_per_minute, limit.requests_per_minute),
            tokens_per_minute: or(tokens, limit.tokens_per_minute),
            concurrent_requests: or(input.concurrent_requests, limit.concurrent_requests),
            concurrent_sockets: or(input.concurrent_sockets, limit.concurrent_sockets),
            max_wait_seconds: or(input.max_wait_seconds, limit.max_wait_seconds),
        };
        let quotas = ctx.service::<Quotas>();
        let audit = ctx.audit();
        let changed = quotas.change_rate_limit(&audit, holder, expected_version, change);
        let LimitSubject { user, api_key } = changed.await?;
        Ok(SetRateLimitPayload {
            user: User::from(user),
            api_key: api_key.map(ApiKey::from),
        })
    }

    /// Replace the rate limit of a user or a key. It takes effect immediately.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn set_rate_limit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user or key, and the limit.")] input: SetRateLimitInput,
        #[graphql(
            desc = "The `rateLimitVersion` that the change is based on; `CONFLICT` if it is another one now. Omit it to change the present state, whichever it is."
        )]
        expected_version: Option<i32>,
    ) -> Result<SetRateLimitPayload> {
        let holder = holder(input.user_id.as_ref(), input.api_key_id.as_ref())?;
        let limit = RateLimitInput {
            requests_per_minute: input.requests_per_minute,
            tokens_per_minute: input.tokens_per_minute,
            concurrent_requests: input.concurrent_requests,
            concurrent_sockets: input.concurrent_sockets,
            max_wait_seconds: input.max_wait_seconds,
        };
        let (audit, limit) = (ctx.audit(), limit.read()?);
        let set = ctx
            .service::<Quotas>()
            .set_rate_limit(&audit, holder, expected_version, limit);
        let LimitSubject { user, api_key } = set.await?;
        Ok(SetRateLimitPayload {
            user: User::from(user),
            api_key: api_key.map(ApiKey::from),
        })
    }

    /// Reset the quota usage of a user and of their keys to 0. Request records and usage statistics stay.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn reset_user_usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's id.")] id: ID,
    ) -> Result<ResetUserUsagePayload> {
        let id = input::id(&id, "user")?;
        let (user, previous) = ctx
            .service::<Quotas>()
            .reset_usage(&ctx.audit(), id)
            .await?;
        Ok(ResetUserUsagePayload {
            user: User::from(user),
            previous_used_tokens: BigInt(previous),
        })
    }
}

/// The input if it was given, otherwise the present value.
fn or<T>(asked: MaybeUndefined<T>, otherwise: Option<T>) -> Option<T> {
    match asked {
        MaybeUndefined::Undefined => otherwise,
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(value) => Some(value),
    }
}

pub(super) fn holder(user: Option<&ID>, api_key: Option<&ID>) -> Result<LimitHolder> {
    match (user, api_key) {
        (Some(user), None) => Ok(LimitHolder::User(input::id(user, "user")?)),
        (None, Some(api_key)) => Ok(LimitHolder::ApiKey(input::id(api_key, "API key")?)),
        (Some(_), Some(_)) | (None, None) => {
            Err(Error::bad_input("set either userId or apiKeyId").into())
        }
    }
}
