//! A live stream of account changes.

use std::collections::{HashMap, VecDeque};

use entity::provider_account;
use futures_util::{Stream, stream};
use tokio::sync::watch;
use uuid::Uuid;

use super::{ProviderAccounts, Result};

/// The state of a subscription.
struct Follower {
    accounts: ProviderAccounts,
    changes: watch::Receiver<u64>,
    seen: HashMap<Uuid, provider_account::Model>,
    ready: VecDeque<provider_account::Model>,
}

impl ProviderAccounts {
    /// Emits each account after it was added, changed or removed.
    pub async fn follow(
        &self,
    ) -> Result<impl Stream<Item = Result<provider_account::Model>> + use<>> {
        let follower = Follower {
            // Subscribed before the list is read, so that no change is missed.
            changes: self.changes(),
            seen: by_id(self.list().await?),
            accounts: self.clone(),
            ready: VecDeque::new(),
        };
        Ok(stream::unfold(follower, async |mut follower| {
            Some((follower.next().await?, follower))
        }))
    }
}

impl Follower {
    async fn next(&mut self) -> Option<Result<provider_account::Model>> {
        loop {
            if let Some(account) = self.ready.pop_front() {
                return Some(Ok(account));
            }
            self.changes.changed().await.ok()?;
            if let Err(error) = self.look().await {
                return Some(Err(error));
            }
        }
    }

    async fn look(&mut self) -> Result<()> {
        let now = by_id(self.accounts.list().await?);
        let gone = self.seen.keys().filter(|id| !now.contains_key(id));
        let gone: Vec<Uuid> = gone.copied().collect();
        let removed = if gone.is_empty() {
            Vec::new()
        } else {
            self.accounts.find_many(&gone).await?
        };
        let changed = now
            .values()
            .filter(|account| self.seen.get(&account.id) != Some(account));
        self.ready.extend(changed.cloned().chain(removed));
        self.seen = now;
        Ok(())
    }
}

fn by_id(accounts: Vec<provider_account::Model>) -> HashMap<Uuid, provider_account::Model> {
    let accounts = accounts.into_iter();
    accounts.map(|account| (account.id, account)).collect()
}
