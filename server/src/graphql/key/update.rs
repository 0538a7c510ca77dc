//! Updating keys.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use crate::{
    domain::users::api_keys::{ApiKeyChanges, ApiKeys},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{api_key::ApiKey, scalar::DateTime},
    },
};

/// Changes to a key. Omitted fields stay as they are; null clears a field.
#[derive(InputObject)]
struct UpdateApiKeyInput {
    /// The name.
    name: MaybeUndefined<String>,
    /// The time at which it expires; null if it does not expire.
    expires_at: MaybeUndefined<DateTime>,
    /// Patterns of allowed models, in which `*` matches any characters; null allows all of the user's models.
    allowed_models: MaybeUndefined<Vec<String>>,
}

/// The result of `updateApiKey`.
#[derive(SimpleObject)]
struct UpdateApiKeyPayload {
    /// The key.
    api_key: ApiKey,
}

#[derive(Debug, Default)]
pub(crate) struct UpdateApiKeyMutation;

#[Object(guard = "Declared")]
impl UpdateApiKeyMutation {
    /// Update a key. Changes take effect immediately.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn update_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key's id.")] id: ID,
        #[graphql(desc = "The changes.")] input: UpdateApiKeyInput,
        #[graphql(
            desc = "The `version` that the change is based on; `CONFLICT` if it is another one now. Omit it to change the present state, whichever it is."
        )]
        expected_version: Option<i32>,
    ) -> Result<UpdateApiKeyPayload> {
        let changes = ApiKeyChanges {
            name: input::change("name", input.name)?,
            expires_at: input::patch(input.expires_at.map_value(Into::into)),
            allowed_models: input::patch(input.allowed_models),
        };
        let id = input::id(&id, "API key")?;
        let api_key = ApiKey::from(
            ctx.service::<ApiKeys>()
                .update(&ctx.audit(), id, expected_version, changes)
                .await?,
        );
        Ok(UpdateApiKeyPayload { api_key })
    }
}
