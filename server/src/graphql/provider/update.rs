//! Updating accounts.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::admin::Role;
use secrecy::SecretString;

use super::{
    account::ProviderAccount,
    input::{HeaderInput, ProviderModelInput, headers, models},
};
use crate::{
    domain::{
        Error,
        provider_accounts::{ProviderAccountChanges, ProviderAccounts},
    },
    engine::EngineHandle,
    graphql::resolver::{
        confirmation, context::ContextExt as _, error::Result, guard::AtLeast, input,
    },
};

/// What to change about an account. What is left out stays.
#[derive(InputObject)]
struct UpdateProviderAccountInput {
    /// What it is called.
    label: MaybeUndefined<String>,
    /// Whether it is used.
    enabled: MaybeUndefined<bool>,
    /// The models that it offers; null for all that the provider is known for.
    models: MaybeUndefined<Vec<ProviderModelInput>>,
    /// Accounts of a higher priority are used first: -1000 to 1000.
    priority: MaybeUndefined<i32>,
    /// The account's share among those of its priority: 1 to 1000000.
    weight: MaybeUndefined<i32>,
    /// What clients put before a model's name to address this account alone; null for nothing.
    prefix: MaybeUndefined<String>,
    /// The proxy to the provider, sealed since it may hold a password; `direct` for none whatever else is
    /// configured, null for the usual way.
    #[graphql(secret)]
    proxy_url: MaybeUndefined<String>,
    /// A key in the place of the old one. The account keeps its id and history.
    #[graphql(secret)]
    api_key: MaybeUndefined<String>,
    /// Where the provider is; null for its usual address.
    base_url: MaybeUndefined<String>,
    /// All headers that are sent along; null for none.
    headers: MaybeUndefined<Vec<HeaderInput>>,
}

/// An account was changed.
#[derive(SimpleObject)]
struct UpdateProviderAccountPayload {
    /// The account.
    account: ProviderAccount,
}

/// The engine uses an account again.
#[derive(SimpleObject)]
struct ResetProviderCooldownPayload {
    /// The account; null when it was removed meanwhile.
    account: Option<ProviderAccount>,
}

impl UpdateProviderAccountInput {
    fn read(self) -> Result<ProviderAccountChanges> {
        let api_key = input::change("apiKey", self.api_key)?;
        Ok(ProviderAccountChanges {
            label: input::change("label", self.label)?,
            enabled: input::change("enabled", self.enabled)?,
            models: input::patch(self.models.map_value(models)),
            priority: input::change("priority", self.priority)?,
            weight: input::change("weight", self.weight)?,
            prefix: input::patch(self.prefix),
            proxy_url: input::patch(self.proxy_url.map_value(SecretString::from)),
            api_key: api_key.map(Into::into),
            base_url: input::patch(self.base_url),
            headers: input::patch(self.headers.map_value(headers)),
            is_confirmed: false,
        })
    }
}

#[derive(Debug, Default)]
pub(crate) struct UpdateProviderMutation;

#[Object]
impl UpdateProviderMutation {
    /// Change an account. A change that would send the stored secret to another place (another `baseUrl`, other
    /// `headers`, a proxy that can read it) needs `apiKey` in the same change, or an owner's password.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn update_provider_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] id: ID,
        #[graphql(desc = "What to change.")] input: UpdateProviderAccountInput,
        #[graphql(
            secret,
            desc = "The caller's password, with which an owner confirms that the stored secret is sent \
                    to another place."
        )]
        password: Option<String>,
    ) -> Result<UpdateProviderAccountPayload> {
        let id = input::id(&id, "provider account")?;
        let mut changes = input.read()?;
        if let Some(password) = password {
            if ctx.session()?.admin.role < Role::Owner {
                return Err(Error::Forbidden.into());
            }
            confirmation::confirm(ctx, password.into()).await?;
            changes.is_confirmed = true;
        }
        let accounts = ctx.service::<ProviderAccounts>();
        let account = ProviderAccount::from(accounts.update(id, changes).await?);
        Ok(UpdateProviderAccountPayload { account })
    }

    /// Make the engine use an account at once that it passes over for a while.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn reset_provider_cooldown(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] id: ID,
    ) -> Result<ResetProviderCooldownPayload> {
        let id = input::id(&id, "provider account")?;
        let credential = ctx.service::<ProviderAccounts>().credential(id).await?;
        ctx.service::<EngineHandle>()
            .reset_cooldown(&credential)
            .await?;
        ctx.service::<ProviderAccounts>().clear_failures(id).await?;
        let account = ctx.service::<ProviderAccounts>().find_many(&[id]).await?;
        let account = account.into_iter().next().map(ProviderAccount::from);
        Ok(ResetProviderCooldownPayload { account })
    }
}
