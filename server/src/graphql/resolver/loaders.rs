//! Fetching many things at once, so that a list of a hundred costs two queries and not a hundred and
//! one.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::{DataLoader, Loader};
use entity::{api_key, provider_account, user};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::domain::{Error, api_keys::ApiKeys, provider_accounts::ProviderAccounts, users::Users};

type Found<K, V> = Result<HashMap<K, V>, Arc<Error>>;

/// Asks for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct UserId(pub(crate) Uuid);

/// Asks for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ApiKeyId(pub(crate) Uuid);

/// Asks for all keys of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeysOfUser(pub(crate) Uuid);

/// Asks for a provider account, removed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AccountId(pub(crate) Uuid);

/// Loads everything there is to load.
#[derive(Debug)]
pub(crate) struct Loaders {
    users: Users,
    api_keys: ApiKeys,
    provider_accounts: ProviderAccounts,
}

impl Loaders {
    /// Loaders that remember nothing beyond the moment: what changed is seen.
    pub(crate) fn new(
        users: Users,
        api_keys: ApiKeys,
        provider_accounts: ProviderAccounts,
    ) -> DataLoader<Self> {
        let tasks = TaskTracker::new();
        let loaders = Self {
            users,
            api_keys,
            provider_accounts,
        };
        DataLoader::new(loaders, move |task| tasks.spawn(task))
    }
}

impl Loader<UserId> for Loaders {
    type Value = user::Model;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[UserId]) -> Found<UserId, user::Model> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let users = self.users.find_many(&ids).await?;
        Ok(users
            .into_iter()
            .map(|user| (UserId(user.id), user))
            .collect())
    }
}

impl Loader<ApiKeyId> for Loaders {
    type Value = api_key::Model;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[ApiKeyId]) -> Found<ApiKeyId, api_key::Model> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let keys = self.api_keys.find_many(&ids).await?;
        Ok(keys
            .into_iter()
            .map(|key| (ApiKeyId(key.id), key))
            .collect())
    }
}

impl Loader<KeysOfUser> for Loaders {
    type Value = Vec<api_key::Model>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[KeysOfUser]) -> Found<KeysOfUser, Vec<api_key::Model>> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for key in self.api_keys.of_users(&ids).await? {
            found.entry(KeysOfUser(key.user_id)).or_default().push(key);
        }
        Ok(found)
    }
}

impl Loader<AccountId> for Loaders {
    type Value = provider_account::Model;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[AccountId]) -> Found<AccountId, provider_account::Model> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let accounts = self.provider_accounts.find_many(&ids).await?;
        Ok(accounts
            .into_iter()
            .map(|account| (AccountId(account.id), account))
            .collect())
    }
}
