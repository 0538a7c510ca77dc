//! Which engine has which account. An account that is not listed is in the shared engine.

use std::collections::{HashMap, HashSet};

use tokio::sync::watch;
use uuid::Uuid;

/// Where an account is that is not in the shared engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On its way from the shared engine to its own; no engine may refresh its token.
    Moving,
    /// In its own engine.
    Dedicated,
    /// In none: there are as many processes as may be.
    Nowhere,
}

/// The engine that a configuration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EngineScope {
    Shared,
    Account(Uuid),
}

#[derive(Debug, Default)]
struct Placed {
    places: HashMap<Uuid, Place>,
    /// Of the accounts that move, those of which the shared engine's directory has no refresh token any more.
    released: HashSet<Uuid>,
}

/// The places of all accounts.
#[derive(Debug, Default)]
pub(super) struct Placements {
    state: watch::Sender<Placed>,
    /// Increases with each change of a place, and of the stored accounts.
    changes: watch::Sender<u64>,
}

impl Placements {
    /// Increases when the configuration of an engine may have changed.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn announce(&self) {
        self.changes.send_modify(|edition| *edition += 1);
    }

    pub(super) fn set(&self, account: Uuid, place: Place) {
        self.state.send_modify(|placed| {
            placed.places.insert(account, place);
            placed.released.remove(&account);
        });
        self.announce();
    }

    /// Gives an account back to the shared engine.
    pub(super) fn remove(&self, account: Uuid) {
        self.state.send_modify(|placed| {
            placed.places.remove(&account);
            placed.released.remove(&account);
        });
        self.announce();
    }

    pub(super) fn get(&self, account: Uuid) -> Option<Place> {
        self.state.borrow().places.get(&account).copied()
    }

    /// The accounts that have no engine because there are as many processes as may be.
    pub(super) fn without_process(&self) -> Vec<Uuid> {
        let state = self.state.borrow();
        let places = state.places.iter();
        let nowhere = places.filter(|(_, place)| **place == Place::Nowhere);
        nowhere.map(|(account, _)| *account).collect()
    }

    /// Whether every account is in the shared engine.
    pub(super) fn is_empty(&self) -> bool {
        self.state.borrow().places.is_empty()
    }

    /// The accounts that an engine has, as of now.
    pub(super) fn of(&self, scope: EngineScope) -> EngineAccountSet {
        EngineAccountSet {
            scope,
            places: self.state.borrow().places.clone(),
        }
    }

    /// The shared engine's directory had no refresh token of these accounts.
    pub(super) fn release(&self, accounts: impl Iterator<Item = Uuid>) {
        self.state.send_if_modified(|placed| {
            let before = placed.released.len();
            for account in accounts {
                if placed.places.get(&account) == Some(&Place::Moving) {
                    placed.released.insert(account);
                }
            }
            placed.released.len() > before
        });
    }

    /// Waits until the shared engine's directory has no refresh token of the account.
    pub(super) async fn released(&self, account: Uuid) {
        let mut state = self.state.subscribe();
        // The sender is in `self`.
        let _ = state
            .wait_for(|placed| placed.released.contains(&account))
            .await;
    }
}

/// The accounts that an engine has at one moment.
#[derive(Debug)]
pub(super) struct EngineAccountSet {
    scope: EngineScope,
    places: HashMap<Uuid, Place>,
}

impl EngineAccountSet {
    pub(super) fn has(&self, account: Uuid) -> bool {
        match (self.scope, self.places.get(&account)) {
            (EngineScope::Shared, place) => place.is_none(),
            (EngineScope::Account(own), place) => {
                own == account && place == Some(&Place::Dedicated)
            }
        }
    }

    /// The accounts on their way from the shared engine to their own.
    pub(super) fn moving(&self) -> impl Iterator<Item = Uuid> {
        let places = self.places.iter();
        let moving = places.filter(|(_, place)| **place == Place::Moving);
        moving.map(|(account, _)| *account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_in_exactly_one_engine_or_in_none() {
        let (placements, account) = (Placements::default(), Uuid::now_v7());
        let own = EngineScope::Account(account);
        let other = EngineScope::Account(Uuid::now_v7());
        let engines =
            || [EngineScope::Shared, own, other].map(|one| placements.of(one).has(account));

        assert_eq!(engines(), [true, false, false]);
        placements.set(account, Place::Moving);
        assert_eq!(engines(), [false, false, false]);
        placements.set(account, Place::Dedicated);
        assert_eq!(engines(), [false, true, false]);
        placements.set(account, Place::Nowhere);
        assert_eq!(engines(), [false, false, false]);
        placements.remove(account);
        assert_eq!(engines(), [true, false, false]);
    }

    #[tokio::test]
    async fn only_an_account_that_moves_is_released() {
        let (placements, account) = (Placements::default(), Uuid::now_v7());
        placements.release(std::iter::once(account));
        placements.set(account, Place::Moving);
        assert!(placements.state.borrow().released.is_empty());

        let moving = placements.of(EngineScope::Shared);
        placements.release(moving.moving());
        placements.released(account).await;

        placements.set(account, Place::Moving);
        assert!(placements.state.borrow().released.is_empty());
    }
}
