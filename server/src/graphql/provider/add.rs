//! Adding accounts with an API key.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::admin::Role;

use super::{
    account::ProviderAccount,
    input::{HeaderInput, ProviderModelInput, headers, models},
};
use crate::{
    domain::{
        Error,
        provider_accounts::{NewProviderApiKey, NewProviderApiKeys, ProviderAccounts},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::{ResolverError, Result},
            guard::AtLeast,
        },
        types::provider::ProviderKind,
    },
};

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

impl From<AddProviderApiKeyInput> for NewProviderApiKey {
    fn from(input: AddProviderApiKeyInput) -> Self {
        Self {
            kind: input.kind.into(),
            api_key: input.api_key.into(),
            label: input.label,
            base_url: input.base_url,
            headers: headers(input.headers.unwrap_or_default()),
            models: models(input.models.unwrap_or_default()),
            prefix: input.prefix,
        }
    }
}

/// API keys of a provider that have everything else in common.
#[derive(InputObject)]
struct AddProviderApiKeysInput {
    /// Whose keys they are.
    kind: ProviderKind,
    /// The keys, 500 at most. They are sealed, and never shown again.
    #[graphql(secret)]
    api_keys: Vec<String>,
    /// What the accounts are called, numbered from the second on; made up when left out.
    label: Option<String>,
    /// Where the provider is, when not at its usual address.
    base_url: Option<String>,
    /// Headers that are sent along.
    headers: Option<Vec<HeaderInput>>,
    /// The models that they offer; all that the provider is known for when left out.
    models: Option<Vec<ProviderModelInput>>,
    /// What clients put before a model's name to address these accounts alone.
    prefix: Option<String>,
}

impl From<AddProviderApiKeysInput> for NewProviderApiKeys {
    fn from(input: AddProviderApiKeysInput) -> Self {
        Self {
            kind: input.kind.into(),
            api_keys: input.api_keys.into_iter().map(Into::into).collect(),
            label: input.label,
            base_url: input.base_url,
            headers: headers(input.headers.unwrap_or_default()),
            models: models(input.models.unwrap_or_default()),
            prefix: input.prefix,
        }
    }
}

/// What became of one of many keys.
#[derive(SimpleObject)]
struct AddedApiKey {
    /// The account; null when the key was refused.
    account: Option<ProviderAccount>,
    /// Why it was refused.
    problem: Option<String>,
}

/// An account was added.
#[derive(SimpleObject)]
struct AddProviderApiKeyPayload {
    /// The account.
    account: ProviderAccount,
}

/// Accounts were added.
#[derive(SimpleObject)]
struct AddProviderApiKeysPayload {
    /// What became of each key, in their order.
    results: Vec<AddedApiKey>,
}

#[derive(Debug, Default)]
pub(crate) struct AddProviderMutation;

#[Object]
impl AddProviderMutation {
    /// Add an API key of a provider. The engine uses it at once.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn add_provider_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key and where it belongs.")] input: AddProviderApiKeyInput,
    ) -> Result<AddProviderApiKeyPayload> {
        let accounts = ctx.service::<ProviderAccounts>();
        let account = ProviderAccount::from(accounts.add_api_key(input.into()).await?);
        Ok(AddProviderApiKeyPayload { account })
    }

    /// Add many API keys of a provider. Each is added, or refused with its reason.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn add_provider_api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The keys and where they belong.")] input: AddProviderApiKeysInput,
    ) -> Result<AddProviderApiKeysPayload> {
        let added = ctx.service::<ProviderAccounts>().add_api_keys(input.into());
        let results = added.await?.into_iter().map(|added| match added {
            Ok(account) => Ok(AddedApiKey {
                account: Some(ProviderAccount::from(account)),
                problem: None,
            }),
            Err(Error::BadInput(problem) | Error::Conflict(problem)) => Ok(AddedApiKey {
                account: None,
                problem: Some(problem),
            }),
            Err(error) => Err(ResolverError::from(error)),
        });
        let results = results.collect::<Result<_>>()?;
        Ok(AddProviderApiKeysPayload { results })
    }
}
