//! Changing accounts at providers: add, update, remove.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject, Subscription};
use entity::{admin::Role, provider_account};
use futures_util::{Stream, StreamExt as _};
use secrecy::SecretString;

use super::account::{ProviderAccount, ProviderKind};
use crate::{
    domain::{
        Error,
        provider_accounts::{
            NewProviderApiKey, NewProviderApiKeys, ProviderAccountChanges, ProviderAccounts,
        },
    },
    engine::EngineHandle,
    graphql::resolver::{
        audit, confirmation,
        context::ContextExt as _,
        error::{ResolverError, Result},
        guard::AtLeast,
        input,
    },
};

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

/// What became of one of many keys.
#[derive(SimpleObject)]
struct AddedApiKey {
    /// The account; null when the key was refused.
    account: Option<ProviderAccount>,
    /// Why it was refused.
    problem: Option<String>,
}

/// Accounts were added.
#[derive(SimpleObject)]
struct AddProviderApiKeysPayload {
    /// What became of each key, in their order.
    results: Vec<AddedApiKey>,
}

/// A provider was disconnected.
#[derive(SimpleObject)]
struct DisconnectProviderPayload {
    /// The accounts that were removed.
    accounts: Vec<ProviderAccount>,
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

/// The engine uses an account again.
#[derive(SimpleObject)]
struct ResetProviderCooldownPayload {
    /// The account; null when it was removed meanwhile.
    account: Option<ProviderAccount>,
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

fn headers(headers: Vec<HeaderInput>) -> Vec<(String, SecretString)> {
    let headers = headers.into_iter();
    headers
        .map(|header| (header.name, header.value.into()))
        .collect()
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

/// The providers' part of the changes.
#[derive(Debug, Default)]
pub(crate) struct ProviderMutation;

#[Object]
impl ProviderMutation {
    /// Add an API key of a provider. The engine uses it at once.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn add_provider_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key and where it belongs.")] input: AddProviderApiKeyInput,
    ) -> Result<AddProviderApiKeyPayload> {
        let accounts = ctx.service::<ProviderAccounts>();
        let account = ProviderAccount(accounts.add_api_key(&ctx.audit(), input.into()).await?);
        Ok(AddProviderApiKeyPayload { account })
    }

    /// Add many API keys of a provider. Each is added, or refused with its reason.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn add_provider_api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The keys and where they belong.")] input: AddProviderApiKeysInput,
    ) -> Result<AddProviderApiKeysPayload> {
        let accounts = ctx.service::<ProviderAccounts>();
        let added = accounts.add_api_keys(&ctx.audit(), input.into()).await?;
        let results = added.into_iter().map(|added| match added {
            Ok(account) => Ok(AddedApiKey {
                account: Some(ProviderAccount(account)),
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

    /// Forget the secrets of all accounts at a provider. The history stays.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn disconnect_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which provider.")] kind: ProviderKind,
    ) -> Result<DisconnectProviderPayload> {
        let accounts = ctx.service::<ProviderAccounts>();
        let removed = accounts.disconnect(&ctx.audit(), kind.into()).await?;
        let accounts = removed.into_iter().map(ProviderAccount).collect();
        Ok(DisconnectProviderPayload { accounts })
    }

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
        let account = ProviderAccount(accounts.update(&ctx.audit(), id, changes).await?);
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
        ctx.audit().about(ProviderAccounts::subject_of(id));
        let credential = ctx.service::<ProviderAccounts>().credential(id).await?;
        ctx.service::<EngineHandle>()
            .reset_cooldown(&credential)
            .await?;
        ctx.service::<ProviderAccounts>().clear_failures(id).await?;
        let account = ctx.service::<ProviderAccounts>().find_many(&[id]).await?;
        let account = account.into_iter().next();
        if let Some(account) = &account {
            ctx.audit().about(ProviderAccounts::subject(account));
        }
        audit::record(ctx).await?;
        let account = account.map(ProviderAccount);
        Ok(ResetProviderCooldownPayload { account })
    }

    /// Forget an account's secret. The history stays.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn remove_provider_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] id: ID,
    ) -> Result<RemoveProviderAccountPayload> {
        let id = input::id(&id, "provider account")?;
        let account = ProviderAccount(
            ctx.service::<ProviderAccounts>()
                .remove(&ctx.audit(), id)
                .await?,
        );
        Ok(RemoveProviderAccountPayload { account })
    }
}

/// The providers' part of what can be followed.
#[derive(Debug, Default)]
pub(crate) struct ProviderSubscription;

#[Subscription]
impl ProviderSubscription {
    /// Each account after it was added, changed or removed.
    #[graphql(guard = "AtLeast(Role::Viewer)")]
    async fn provider_account_changed(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<ProviderAccount>> + use<>> {
        let followed = ctx.service::<ProviderAccounts>().follow().await?;
        Ok(followed.map(|account| Ok(ProviderAccount(account.map_err(ResolverError::from)?))))
    }
}
