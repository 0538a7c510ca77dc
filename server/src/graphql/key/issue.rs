//! Issuing and rotating keys, which return a secret.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::TimeDelta;
use secrecy::ExposeSecret as _;

use crate::{
    domain::users::api_keys::{ApiKeys, NewApiKey},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{
            api_key::{ApiKey, ClientFamily, families},
            scalar::DateTime,
        },
    },
};

/// A new key.
#[derive(InputObject)]
struct IssueApiKeyInput {
    /// The user that it belongs to.
    user_id: ID,
    /// The name; `default` when omitted.
    name: Option<String>,
    /// The time at which it expires, no later than the setting `maxKeyLifeDays` allows; it has no expiry of its own when
    /// omitted.
    expires_at: Option<DateTime>,
    /// Patterns of allowed models, in which `*` matches any characters; all of the user's models when
    /// omitted.
    allowed_models: Option<Vec<String>>,
    /// The networks that it may be used from, in CIDR notation, at most 64; every network when omitted.
    allowed_networks: Option<Vec<String>>,
    /// The clients that may make requests with it; every client when omitted.
    allowed_clients: Option<Vec<ClientFamily>>,
}

/// A new key and its secret, which is not shown again.
#[derive(SimpleObject)]
struct IssueApiKeyPayload {
    /// The key.
    api_key: ApiKey,
    /// The key itself, which the user's tools send. It is not shown again.
    secret: String,
}

/// A rotated key and the new secret, which is not shown again.
#[derive(SimpleObject)]
struct RotateApiKeyPayload {
    /// The new key.
    api_key: ApiKey,
    /// The new key itself, which is not shown again.
    secret: String,
    /// The replaced key.
    replaced: ApiKey,
}

#[derive(Debug, Default)]
pub(crate) struct IssueApiKeyMutation;

#[Object(guard = "Declared")]
impl IssueApiKeyMutation {
    /// Issue a key to a user.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn issue_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to create it with.")] input: IssueApiKeyInput,
    ) -> Result<IssueApiKeyPayload> {
        let user_id = input::id(&input.user_id, "user")?;
        let new = NewApiKey {
            name: input.name,
            expires_at: input.expires_at.map(Into::into),
            allowed_models: input.allowed_models,
            allowed_networks: input.allowed_networks,
            allowed_clients: families(input.allowed_clients),
            ..NewApiKey::default()
        };
        let issued = ctx
            .service::<ApiKeys>()
            .issue(&ctx.audit(), user_id, new)
            .await?;
        Ok(IssueApiKeyPayload {
            api_key: ApiKey::from(issued.api_key),
            secret: issued.secret.expose_secret().to_owned(),
        })
    }

    /// Replace a key with a new one that has the same settings, quotas and usage. The old key is revoked
    /// immediately or expires after the grace period.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn rotate_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key's id.")] id: ID,
        #[graphql(
            default = 0,
            desc = "How long the old key stays valid, in seconds: 0 to 2592000."
        )]
        grace_seconds: i32,
    ) -> Result<RotateApiKeyPayload> {
        let id = input::id(&id, "API key")?;
        let grace = TimeDelta::seconds(grace_seconds.into());
        let (issued, replaced) = ctx
            .service::<ApiKeys>()
            .rotate(&ctx.audit(), id, grace)
            .await?;
        Ok(RotateApiKeyPayload {
            api_key: ApiKey::from(issued.api_key),
            secret: issued.secret.expose_secret().to_owned(),
            replaced: ApiKey::from(replaced),
        })
    }
}
