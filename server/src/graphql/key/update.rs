//! Updating keys.

use std::net::IpAddr;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use uuid::Uuid;

use crate::{
    domain::users::api_keys::{ApiKeyChanges, ApiKeys},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            loaders::AddressesOfKey,
            role::{Role, requires_role},
        },
        types::{
            api_key::{ApiKey, ClientFamily},
            scalar::DateTime,
        },
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
    /// The networks that it may be used from, in CIDR notation, at most 64; null allows every network.
    allowed_networks: MaybeUndefined<Vec<String>>,
    /// The clients that may make requests with it; null allows every client.
    allowed_clients: MaybeUndefined<Vec<ClientFamily>>,
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
    /// Update a key. Changes take effect immediately; requests in flight end as usual. `CONFIRMATION_REQUIRED` if
    /// `allowedNetworks` exclude the address that the key was used from last.
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
        #[graphql(
            default,
            desc = "Whether to save `allowedNetworks` also if they exclude the address that the key was used from last."
        )]
        confirm_lock_out: bool,
    ) -> Result<UpdateApiKeyPayload> {
        let id = input::id(&id, "API key")?;
        let has_networks = matches!(input.allowed_networks, MaybeUndefined::Value(_));
        let keep_addresses = if has_networks && !confirm_lock_out {
            last_address(ctx, id).await?
        } else {
            Vec::new()
        };
        let changes = ApiKeyChanges {
            name: input::change("name", input.name)?,
            expires_at: input::patch(input.expires_at.map_value(Into::into)),
            allowed_models: input::patch(input.allowed_models),
            allowed_networks: input::patch(input.allowed_networks),
            allowed_clients: input::patch(
                input
                    .allowed_clients
                    .map_value(|clients| clients.into_iter().map(Into::into).collect()),
            ),
            keep_addresses,
        };
        let api_key = ApiKey::from(
            ctx.service::<ApiKeys>()
                .update(&ctx.audit(), id, expected_version, changes)
                .await?,
        );
        Ok(UpdateApiKeyPayload { api_key })
    }
}

/// The address that the key was used from last, of its requests that are kept.
async fn last_address(ctx: &Context<'_>, id: Uuid) -> Result<Vec<IpAddr>> {
    let recent = ctx.loader().load_one(AddressesOfKey(id)).await?;
    let latest = recent.into_iter().flatten().next();
    Ok(latest
        .and_then(|latest| latest.address.parse().ok())
        .into_iter()
        .collect())
}
