//! Users manage their own keys.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::TimeDelta;
use secrecy::ExposeSecret as _;

use crate::{
    domain::{
        settings::Settings,
        users::api_keys::{ApiKeys, NewOwnKey, OwnKeyPolicy},
    },
    graphql::{
        resolver::{
            context::ContextExt as _, error::Result, guard::Declared, input, role::requires_api_key,
        },
        types::{
            api_key::{ApiKey, ClientFamily, families},
            scalar::{DateTime, int},
        },
    },
};

/// How a user may manage their own keys with the key that they authenticated with.
#[derive(SimpleObject)]
pub(in crate::graphql) struct OwnKeys {
    /// Whether users may manage their own keys: the setting `ownKeys`.
    is_allowed: bool,
    /// The number of active keys up to which the user may create keys: the setting `ownKeysMaximum`.
    maximum: i32,
    /// The number of the user's keys that are neither revoked nor expired.
    active: i32,
    /// The ids of the keys that may be renamed, rotated and revoked: the key that the caller authenticated with, and
    /// active keys with no more models, networks and clients, no later expiry and no higher limits. Empty if users may not
    /// manage their keys.
    manageable_ids: Vec<ID>,
}

impl OwnKeys {
    pub(in crate::graphql) async fn read(ctx: &Context<'_>) -> Result<Self> {
        let policy = policy(ctx);
        let keys = ctx.service::<ApiKeys>();
        let own = keys.own(policy, ctx.key_holder()?).await?;
        Ok(Self {
            is_allowed: policy.is_allowed,
            maximum: int(policy.maximum),
            active: int(own.active),
            manageable_ids: own.manageable.into_iter().map(Into::into).collect(),
        })
    }
}

fn policy(ctx: &Context<'_>) -> OwnKeyPolicy {
    ctx.service::<Settings>().current().gateway.own_key_policy()
}

/// A new key of the caller.
#[derive(InputObject)]
struct CreateOwnApiKeyInput {
    /// The name.
    name: String,
    /// The time at which it expires, no later than the key in use, the setting `maxKeyLifeDays` included; that of the key in
    /// use when omitted.
    expires_at: Option<DateTime>,
    /// Patterns of allowed models, in which `*` matches any characters, each within one of the key in use; those of the
    /// key in use when omitted.
    allowed_models: Option<Vec<String>>,
    /// The networks that it may be used from, in CIDR notation, each within those of the key in use; those of the key in
    /// use when omitted.
    allowed_networks: Option<Vec<String>>,
    /// The clients that may make requests with it, each among those of the key in use; those of the key in use when
    /// omitted.
    allowed_clients: Option<Vec<ClientFamily>>,
}

/// A new key of the caller and its secret, which is not shown again.
#[derive(SimpleObject)]
struct CreateOwnApiKeyPayload {
    /// The key.
    api_key: ApiKey,
    /// The key itself, which tools send. It is not shown again.
    secret: String,
}

/// The result of `renameOwnApiKey`.
#[derive(SimpleObject)]
struct RenameOwnApiKeyPayload {
    /// The key.
    api_key: ApiKey,
}

/// A rotated key of the caller and the new secret, which is not shown again.
#[derive(SimpleObject)]
struct RotateOwnApiKeyPayload {
    /// The new key.
    api_key: ApiKey,
    /// The new key itself, which is not shown again.
    secret: String,
    /// The replaced key.
    replaced: ApiKey,
}

/// The result of `revokeOwnApiKey`.
#[derive(SimpleObject)]
struct RevokeOwnApiKeyPayload {
    /// The key.
    api_key: ApiKey,
}

#[derive(Debug, Default)]
pub(crate) struct OwnApiKeyMutation;

#[Object(guard = "Declared")]
impl OwnApiKeyMutation {
    /// Create another key of the caller's own. It gets copies of the quotas, with their usage, and of the rate limit of
    /// the key in use. `FEATURE_DISABLED` unless the setting `ownKeys` is on; `CONFLICT` at the maximum; at most 100
    /// keys a day.
    #[graphql(directive = requires_api_key::apply())]
    async fn create_own_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to create it with.")] input: CreateOwnApiKeyInput,
    ) -> Result<CreateOwnApiKeyPayload> {
        let new = NewOwnKey {
            name: input.name,
            expires_at: input.expires_at.map(Into::into),
            allowed_models: input.allowed_models,
            allowed_networks: input.allowed_networks,
            allowed_clients: families(input.allowed_clients),
        };
        let issued = ctx
            .service::<ApiKeys>()
            .create_own(&ctx.audit(), policy(ctx), ctx.key_holder()?, new)
            .await?;
        Ok(CreateOwnApiKeyPayload {
            api_key: ApiKey::from(issued.api_key),
            secret: issued.secret.expose_secret().to_owned(),
        })
    }

    /// Rename a key of the caller's own, one of `ownKeys.manageableIds`. `FEATURE_DISABLED` unless the setting `ownKeys`
    /// is on.
    #[graphql(directive = requires_api_key::apply())]
    async fn rename_own_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key's id.")] id: ID,
        #[graphql(desc = "The new name.")] name: String,
    ) -> Result<RenameOwnApiKeyPayload> {
        let id = input::id(&id, "API key")?;
        let key = ctx
            .service::<ApiKeys>()
            .rename_own(&ctx.audit(), policy(ctx), ctx.key_holder()?, (id, &name))
            .await?;
        let api_key = ApiKey::from(key);
        Ok(RenameOwnApiKeyPayload { api_key })
    }

    /// Replace a key of the caller's own, one of `ownKeys.manageableIds`, with a new one that has the same settings,
    /// quotas and usage. The old key is revoked immediately or expires after the grace period, in which both count
    /// towards the maximum. If it is the key in use, the caller must authenticate with the new one. `FEATURE_DISABLED`
    /// unless the setting `ownKeys` is on.
    #[graphql(directive = requires_api_key::apply())]
    async fn rotate_own_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key's id.")] id: ID,
        #[graphql(
            default = 0,
            desc = "How long the old key stays valid, in seconds: 0 to 2592000."
        )]
        grace_seconds: i32,
    ) -> Result<RotateOwnApiKeyPayload> {
        let id = input::id(&id, "API key")?;
        let grace = TimeDelta::seconds(grace_seconds.into());
        let (issued, replaced) = ctx
            .service::<ApiKeys>()
            .rotate_own(&ctx.audit(), policy(ctx), ctx.key_holder()?, (id, grace))
            .await?;
        Ok(RotateOwnApiKeyPayload {
            api_key: ApiKey::from(issued.api_key),
            secret: issued.secret.expose_secret().to_owned(),
            replaced: ApiKey::from(replaced),
        })
    }

    /// Revoke a key of the caller's own, one of `ownKeys.manageableIds`, and not those that were created with it. It
    /// takes effect immediately and aborts requests in flight; the key in use can be revoked too. `FEATURE_DISABLED`
    /// unless the setting `ownKeys` is on.
    #[graphql(directive = requires_api_key::apply())]
    async fn revoke_own_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key's id.")] id: ID,
    ) -> Result<RevokeOwnApiKeyPayload> {
        let id = input::id(&id, "API key")?;
        let key = ctx
            .service::<ApiKeys>()
            .revoke_own(&ctx.audit(), policy(ctx), ctx.key_holder()?, id)
            .await?;
        let api_key = ApiKey::from(key);
        Ok(RevokeOwnApiKeyPayload { api_key })
    }
}
