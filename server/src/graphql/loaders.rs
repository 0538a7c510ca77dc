//! Fetching many things at once, so that a list of a hundred costs two queries and not a hundred and
//! one.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::{DataLoader, Loader};
use entity::{api_key, provider_account, user};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::context::Services;
use crate::domain::Error;

type Found<K, V> = Result<HashMap<K, V>, Arc<Error>>;

/// Asks for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct UserId(pub(super) Uuid);

/// Asks for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ApiKeyId(pub(super) Uuid);

/// Asks for all keys of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct KeysOfUser(pub(super) Uuid);

/// Asks for a provider account, removed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct AccountId(pub(super) Uuid);

/// Loads everything there is to load.
#[derive(Debug)]
pub(super) struct Loaders {
    services: Arc<Services>,
}

impl Loaders {
    /// Loaders that remember nothing beyond the moment: what changed is seen.
    pub(super) fn new(services: Arc<Services>) -> DataLoader<Self> {
        let tasks = TaskTracker::new();
        DataLoader::new(Self { services }, move |task| tasks.spawn(task))
    }
}

impl Loader<UserId> for Loaders {
    type Value = user::Model;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[UserId]) -> Found<UserId, user::Model> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let users = self.services.users.find_many(&ids).await?;
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
        let keys = self.services.api_keys.find_many(&ids).await?;
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
        for key in self.services.api_keys.of_users(&ids).await? {
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
        let accounts = self.services.provider_accounts.find_many(&ids).await?;
        Ok(accounts
            .into_iter()
            .map(|account| (AccountId(account.id), account))
            .collect())
    }
}
