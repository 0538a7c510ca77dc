//! Changing keys: issue, rotate, update, revoke.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::TimeDelta;
use entity::admin::Role;
use secrecy::ExposeSecret as _;

use super::fields::ApiKey;
use crate::{
    domain::api_keys::{ApiKeyChanges, ApiKeys, NewApiKey},
    graphql::{
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast, input},
        types::scalar::DateTime,
    },
};

/// What a new key is like.
#[derive(InputObject)]
struct IssueApiKeyInput {
    /// Whose it is.
    user_id: ID,
    /// What it is called; `default` when left out.
    name: Option<String>,
    /// When it ends of itself; never when left out.
    expires_at: Option<DateTime>,
    /// The models that it opens, `*` standing for anything; all that the user may use when left out.
    allowed_models: Option<Vec<String>>,
}

/// What to change about a key. What is left out stays; null clears.
#[derive(InputObject)]
struct UpdateApiKeyInput {
    /// What it is called.
    name: MaybeUndefined<String>,
    /// When it ends of itself; null for never.
    expires_at: MaybeUndefined<DateTime>,
    /// The models that it opens; null opens all that the user may use.
    allowed_models: MaybeUndefined<Vec<String>>,
}

/// A new key with its secret, which is shown this once.
#[derive(SimpleObject)]
struct IssueApiKeyPayload {
    /// The key.
    api_key: ApiKey,
    /// What the user's tools send.
    secret: String,
}

/// A key was replaced by a new one, whose secret is shown this once.
#[derive(SimpleObject)]
struct RotateApiKeyPayload {
    /// The new key.
    api_key: ApiKey,
    /// What the user's tools send from now on.
    secret: String,
    /// The old key.
    replaced: ApiKey,
}

/// A key was changed.
#[derive(SimpleObject)]
struct UpdateApiKeyPayload {
    /// The key.
    api_key: ApiKey,
}

/// A key was revoked.
#[derive(SimpleObject)]
struct RevokeApiKeyPayload {
    /// The key.
    api_key: ApiKey,
}

/// The keys' part of the changes.
#[derive(Debug, Default)]
pub(crate) struct ApiKeyMutation;

#[Object]
impl ApiKeyMutation {
    /// Issue a further key to a user.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn issue_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is like.")] input: IssueApiKeyInput,
    ) -> Result<IssueApiKeyPayload> {
        let user_id = input::id(&input.user_id, "user")?;
        let new = NewApiKey {
            name: input.name,
            expires_at: input.expires_at.map(Into::into),
            allowed_models: input.allowed_models,
            ..NewApiKey::default()
        };
        let issued = ctx
            .service::<ApiKeys>()
            .issue(&ctx.audit(), user_id, new)
            .await?;
        Ok(IssueApiKeyPayload {
            api_key: ApiKey(issued.api_key),
            secret: issued.secret.expose_secret().to_owned(),
        })
    }

    /// Replace a key by a new one like it. The old one dies at once, or after a grace period.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn rotate_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] id: ID,
        #[graphql(default = 0, desc = "How long the old one works on, at most 30 days.")]
        grace_seconds: i32,
    ) -> Result<RotateApiKeyPayload> {
        let id = input::id(&id, "API key")?;
        let grace = TimeDelta::seconds(grace_seconds.into());
        let (issued, replaced) = ctx
            .service::<ApiKeys>()
            .rotate(&ctx.audit(), id, grace)
            .await?;
        Ok(RotateApiKeyPayload {
            api_key: ApiKey(issued.api_key),
            secret: issued.secret.expose_secret().to_owned(),
            replaced: ApiKey(replaced),
        })
    }

    /// Change a key.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn update_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] id: ID,
        #[graphql(desc = "What to change.")] input: UpdateApiKeyInput,
    ) -> Result<UpdateApiKeyPayload> {
        let changes = ApiKeyChanges {
            name: input::change("name", input.name)?,
            expires_at: input::patch(input.expires_at.map_value(Into::into)),
            allowed_models: input::patch(input.allowed_models),
        };
        let id = input::id(&id, "API key")?;
        let api_key = ApiKey(
            ctx.service::<ApiKeys>()
                .update(&ctx.audit(), id, changes)
                .await?,
        );
        Ok(UpdateApiKeyPayload { api_key })
    }

    /// Revoke a key at once, in requests that are under way too.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] id: ID,
    ) -> Result<RevokeApiKeyPayload> {
        let id = input::id(&id, "API key")?;
        let api_key = ApiKey(ctx.service::<ApiKeys>().revoke(&ctx.audit(), id).await?);
        Ok(RevokeApiKeyPayload { api_key })
    }
}
