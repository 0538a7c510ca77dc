//! Updating and revoking keys.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::admin::Role;

use crate::{
    domain::api_keys::{ApiKeyChanges, ApiKeys},
    graphql::{
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast, input},
        types::{api_key::ApiKey, scalar::DateTime},
    },
};

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

#[derive(Debug, Default)]
pub(crate) struct UpdateApiKeyMutation;

#[Object]
impl UpdateApiKeyMutation {
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
        let api_key = ApiKey::from(ctx.service::<ApiKeys>().update(id, changes).await?);
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
        let api_key = ApiKey::from(ctx.service::<ApiKeys>().revoke(id).await?);
        Ok(RevokeApiKeyPayload { api_key })
    }
}
