//! Batched loading, so that a list of a hundred items takes two queries and not a hundred and one.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::{DataLoader, Loader};
use chrono::DateTime;
use entity::{agent_session, agent_sign_in, api_key, provider_account, user};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::domain::{
    Error,
    agent_sessions::AgentSessions,
    provider_accounts::ProviderAccounts,
    requests::{AccountTraffic, RecentAddress, RequestLog},
    usage::{Sums, Usage},
    users::{Users, api_keys::ApiKeys},
};

type Found<K, V> = Result<HashMap<K, V>, Arc<Error>>;

/// Loads a user by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct UserId(pub(crate) Uuid);

/// Loads a key by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ApiKeyId(pub(crate) Uuid);

/// Loads all keys of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeysOfUser(pub(crate) Uuid);

/// Loads the sign-in of an agent behind a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SignInOfKey(pub(crate) Uuid);

/// Loads the usage of a key over the last 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RecentUsageOfKey(pub(crate) Uuid);

/// Loads the addresses that a key was used from lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AddressesOfKey(pub(crate) Uuid);

/// Loads a provider account by id, removed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AccountId(pub(crate) Uuid);

/// Loads a session of an agent by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AgentSessionId(pub(crate) Uuid);

/// Loads the requests through an account since a time, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TrafficOfAccount {
    pub(crate) id: Uuid,
    pub(crate) since: i64,
}

/// Loads rows of the resolvers of one list with one query.
#[derive(Debug)]
pub(crate) struct Loaders {
    users: Users,
    api_keys: ApiKeys,
    provider_accounts: ProviderAccounts,
    usage: Usage,
    requests: RequestLog,
    agent_sessions: AgentSessions,
}

impl Loaders {
    /// Loaders without a cache, so that changes are visible immediately.
    pub(crate) fn new(
        users: Users,
        api_keys: ApiKeys,
        provider_accounts: ProviderAccounts,
        (usage, requests, agent_sessions): (Usage, RequestLog, AgentSessions),
    ) -> DataLoader<Self> {
        let tasks = TaskTracker::new();
        let loaders = Self {
            users,
            api_keys,
            provider_accounts,
            usage,
            requests,
            agent_sessions,
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

impl Loader<SignInOfKey> for Loaders {
    type Value = agent_sign_in::Model;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[SignInOfKey]) -> Found<SignInOfKey, agent_sign_in::Model> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = self.api_keys.sign_ins_of(&ids).await?.into_iter();
        Ok(found
            .map(|sign_in| (SignInOfKey(sign_in.api_key_id), sign_in))
            .collect())
    }
}

impl Loader<RecentUsageOfKey> for Loaders {
    type Value = Sums;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[RecentUsageOfKey]) -> Found<RecentUsageOfKey, Sums> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let sums = self.usage.recent_of_keys(Some(&ids)).await?.into_iter();
        Ok(sums
            .map(|(id, sums)| (RecentUsageOfKey(id), sums))
            .collect())
    }
}

impl Loader<AddressesOfKey> for Loaders {
    type Value = Vec<RecentAddress>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[AddressesOfKey]) -> Found<AddressesOfKey, Vec<RecentAddress>> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = self.requests.addresses_of_keys(&ids).await?.into_iter();
        Ok(found
            .map(|(id, recent)| (AddressesOfKey(id), recent))
            .collect())
    }
}

impl Loader<TrafficOfAccount> for Loaders {
    type Value = AccountTraffic;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[TrafficOfAccount]) -> Found<TrafficOfAccount, AccountTraffic> {
        let mut by_start: HashMap<i64, Vec<Uuid>> = HashMap::new();
        for key in keys {
            by_start.entry(key.since).or_default().push(key.id);
        }
        let mut found = HashMap::new();
        for (since, ids) in by_start {
            let start = DateTime::from_timestamp(since, 0).unwrap_or_default();
            let traffic = self.requests.traffic_of_accounts(&self.usage, &ids, start);
            for (id, traffic) in traffic.await? {
                found.insert(TrafficOfAccount { id, since }, traffic);
            }
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

impl Loader<AgentSessionId> for Loaders {
    type Value = agent_session::Model;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[AgentSessionId]) -> Found<AgentSessionId, agent_session::Model> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let sessions = self.agent_sessions.find_many(&ids).await?;
        Ok(sessions
            .into_iter()
            .map(|session| (AgentSessionId(session.id), session))
            .collect())
    }
}
