//! Changing accounts at providers: add, update, remove.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::{admin::Role, provider_account};

use super::{
    context::ContextExt as _,
    error::Result,
    guard::AtLeast,
    input,
    provider::{ProviderAccount, ProviderKind},
};
use crate::domain::provider_accounts::{NewProviderApiKey, ProviderAccountChanges};

/// A model that an account offers.
#[derive(InputObject)]
struct ProviderModelInput {
    /// What the provider calls it.
    name: String,
    /// What clients call it; the same when left out.
    alias: Option<String>,
}

/// A header that is sent along to the provider.
#[derive(InputObject)]
struct HeaderInput {
    /// Its name.
    name: String,
    /// Its value, which is kept as secret as the key.
    #[graphql(secret)]
    value: String,
}

/// A new API key of a provider.
#[derive(InputObject)]
struct AddProviderApiKeyInput {
    /// Whose key it is.
    kind: ProviderKind,
    /// The key. It is sealed, and never shown again.
    #[graphql(secret)]
    api_key: String,
    /// What the account is called; made up when left out.
    label: Option<String>,
    /// Where the provider is, when not at its usual address.
    base_url: Option<String>,
    /// Headers that are sent along.
    headers: Option<Vec<HeaderInput>>,
    /// The models that it offers; all that the provider is known for when left out.
    models: Option<Vec<ProviderModelInput>>,
    /// What clients put before a model's name to address this account alone.
    prefix: Option<String>,
}

/// What to change about an account. What is left out stays.
#[derive(InputObject)]
struct UpdateProviderAccountInput {
    /// What it is called.
    label: MaybeUndefined<String>,
    /// Whether it is used.
    enabled: MaybeUndefined<bool>,
    /// The models that it offers; null for all that the provider is known for.
    models: MaybeUndefined<Vec<ProviderModelInput>>,
}

/// An account was added.
#[derive(SimpleObject)]
struct AddProviderApiKeyPayload {
    /// The account.
    account: ProviderAccount,
}

/// An account was changed.
#[derive(SimpleObject)]
struct UpdateProviderAccountPayload {
    /// The account.
    account: ProviderAccount,
}

/// An account was removed.
#[derive(SimpleObject)]
struct RemoveProviderAccountPayload {
    /// The account, as it was.
    account: ProviderAccount,
}

fn models(models: Vec<ProviderModelInput>) -> Vec<provider_account::ProviderModel> {
    let model = |model: ProviderModelInput| provider_account::ProviderModel {
        name: model.name,
        alias: model.alias,
    };
    models.into_iter().map(model).collect()
}

impl From<AddProviderApiKeyInput> for NewProviderApiKey {
    fn from(input: AddProviderApiKeyInput) -> Self {
        let headers = input.headers.unwrap_or_default().into_iter();
        Self {
            kind: input.kind.into(),
            api_key: input.api_key.into(),
            label: input.label,
            base_url: input.base_url,
            headers: headers
                .map(|header| (header.name, header.value.into()))
                .collect(),
            models: models(input.models.unwrap_or_default()),
            prefix: input.prefix,
        }
    }
}

/// The providers' part of the changes.
#[derive(Debug, Default)]
pub(super) struct ProviderMutation;

#[Object]
impl ProviderMutation {
    /// Add an API key of a provider. The engine uses it at once.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn add_provider_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key and where it belongs.")] input: AddProviderApiKeyInput,
    ) -> Result<AddProviderApiKeyPayload> {
        let accounts = &ctx.services().provider_accounts;
        let account = ProviderAccount(accounts.add_api_key(input.into()).await?);
        Ok(AddProviderApiKeyPayload { account })
    }

    /// Change an account.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn update_provider_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] id: ID,
        #[graphql(desc = "What to change.")] input: UpdateProviderAccountInput,
    ) -> Result<UpdateProviderAccountPayload> {
        let changes = ProviderAccountChanges {
            label: input::change("label", input.label)?,
            enabled: input::change("enabled", input.enabled)?,
            models: input::patch(input.models.map_value(models)),
        };
        let id = input::id(&id, "provider account")?;
        let account = ctx.services().provider_accounts.update(id, changes).await?;
        let account = ProviderAccount(account);
        Ok(UpdateProviderAccountPayload { account })
    }

    /// Forget an account's secret. The history stays.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn remove_provider_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] id: ID,
    ) -> Result<RemoveProviderAccountPayload> {
        let id = input::id(&id, "provider account")?;
        let account = ProviderAccount(ctx.services().provider_accounts.remove(id).await?);
        Ok(RemoveProviderAccountPayload { account })
    }
}
