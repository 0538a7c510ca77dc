//! Adding accounts with an API key.

use async_graphql::{Context, InputObject, Object, SimpleObject};

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
            guard::Declared,
            role::{Role, requires_role},
        },
        types::provider::ProviderKind,
    },
};

/// A provider's API key to add as an account.
#[derive(InputObject)]
struct AddProviderApiKeyInput {
    /// The provider of the key.
    kind: ProviderKind,
    /// The API key. It is stored encrypted and not shown again.
    #[graphql(secret)]
    api_key: String,
    /// The account's name; generated when omitted.
    label: Option<String>,
    /// The provider's base URL; its default when omitted.
    // It can contain a password.
    #[graphql(secret)]
    base_url: Option<String>,
    /// Additional request headers.
    headers: Option<Vec<HeaderInput>>,
    /// The models that it offers; the provider's default list when omitted.
    models: Option<Vec<ProviderModelInput>>,
    /// The prefix before a model name with which clients address this account alone; null for none.
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

/// API keys of a provider to add as accounts with the same settings.
#[derive(InputObject)]
struct AddProviderApiKeysInput {
    /// The provider of the keys.
    kind: ProviderKind,
    /// The API keys, at most 500. They are stored encrypted and not shown again.
    #[graphql(secret)]
    api_keys: Vec<String>,
    /// The accounts' name, numbered from the second on; generated when omitted.
    label: Option<String>,
    /// The provider's base URL; its default when omitted.
    // It can contain a password.
    #[graphql(secret)]
    base_url: Option<String>,
    /// Additional request headers.
    headers: Option<Vec<HeaderInput>>,
    /// The models that they offer; the provider's default list when omitted.
    models: Option<Vec<ProviderModelInput>>,
    /// The prefix before a model name with which clients address these accounts alone.
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

/// The result for one of several keys.
#[derive(SimpleObject)]
struct AddedApiKey {
    /// The account; null if the key was rejected.
    account: Option<ProviderAccount>,
    /// Why the key was rejected; null if it was added.
    problem: Option<String>,
}

/// The result of `addProviderApiKey`.
#[derive(SimpleObject)]
struct AddProviderApiKeyPayload {
    /// The account.
    account: ProviderAccount,
}

/// The result of `addProviderApiKeys`.
#[derive(SimpleObject)]
struct AddProviderApiKeysPayload {
    /// The result for each key, in the order of the input.
    results: Vec<AddedApiKey>,
}

#[derive(Debug, Default)]
pub(crate) struct AddProviderMutation;

#[Object(guard = "Declared")]
impl AddProviderMutation {
    /// Add an API key of a provider as an account. The engine uses it immediately.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn add_provider_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key and its settings.")] input: AddProviderApiKeyInput,
    ) -> Result<AddProviderApiKeyPayload> {
        let accounts = ctx.service::<ProviderAccounts>();
        let account =
            ProviderAccount::from(accounts.add_api_key(&ctx.audit(), input.into()).await?);
        Ok(AddProviderApiKeyPayload { account })
    }

    /// Add several API keys of a provider. Each is added or rejected on its own.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn add_provider_api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The keys and their settings.")] input: AddProviderApiKeysInput,
    ) -> Result<AddProviderApiKeysPayload> {
        let accounts = ctx.service::<ProviderAccounts>();
        let added = accounts.add_api_keys(&ctx.audit(), input.into()).await?;
        let results = added.into_iter().map(|added| match added {
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
