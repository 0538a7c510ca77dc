//! Fair shares of subscription windows: each account group may share the windows of its accounts among its users by weight.
//!
//! The rule is in the crate `shares`. This module keeps its numbers in memory, one pool for each group and provider, and
//! rebuilds them from rows at the start: see [`Shares`].

mod accounts;
mod change;
mod decisions;
mod load;
mod members;
mod pool;
mod report;
mod task;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use arc_swap::ArcSwap;
use entity::{provider_account::ProviderKind, request, share_pool::ShareMode};
use tokio::sync::{Mutex, Notify};
use uuid::Uuid;

pub use self::{
    accounts::ShareAccounts,
    change::OBSERVATION,
    decisions::DecisionTotals,
    pool::ShareHold,
    report::{GroupSharing, OwnShare, OwnShareWindow, PoolSharing, ShareReport},
};
pub use shares::{ClassReport, MemberReport, MemberState, PoolReport, ShareRefusal, WindowClass};

use self::{decisions::Counted, pool::SharedPool};
use super::{
    account_groups::AccountAccess,
    ledger::Ledger,
    windows::{Units, units_of_row},
};
use crate::{clock::SharedClock, db::Database};

/// The pool of a group and a provider: windows of different providers cannot replace each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PoolKey {
    /// Nil for the accounts that are in no group.
    pub(super) group_id: Uuid,
    pub(super) provider: ProviderKind,
}

/// The pools whose mode is not off.
#[derive(Debug, Default)]
struct Pools {
    by_group: HashMap<Uuid, Vec<Arc<SharedPool>>>,
    by_account: HashMap<Uuid, Vec<Arc<SharedPool>>>,
}

impl Pools {
    fn new(pools: impl Iterator<Item = Arc<SharedPool>>) -> Self {
        let mut all = Self::default();
        for pool in pools {
            for account in pool.accounts().iter() {
                let of_account = all.by_account.entry(*account).or_default();
                of_account.push(Arc::clone(&pool));
            }
            let of_group = all.by_group.entry(pool.key.group_id).or_default();
            of_group.push(pool);
        }
        all
    }

    fn find(&self, key: PoolKey) -> Option<&Arc<SharedPool>> {
        let mut pools = self.by_group.get(&key.group_id)?.iter();
        pools.find(|pool| pool.key == key)
    }

    fn all(&self) -> impl Iterator<Item = &Arc<SharedPool>> {
        self.by_group.values().flatten()
    }
}

/// The service for shares. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shares(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    db: Database,
    clock: SharedClock,
    access: AccountAccess,
    ledger: Ledger,
    pools: ArcSwap<Pools>,
    totals: Arc<DecisionTotals>,
    /// Held while the pools are replaced.
    turn: Mutex<()>,
    wake: Notify,
}

/// The part of a request that shares depend on.
#[derive(Clone, Copy, Debug)]
pub struct ShareRequest<'a> {
    pub request_id: Uuid,
    pub user_id: Uuid,
    pub api_key_id: Uuid,
    /// As the engine routes it.
    pub model: Option<&'a str>,
}

/// The pools that a request may use.
#[derive(Debug, Default)]
pub struct ShareCandidates {
    pools: Vec<Arc<SharedPool>>,
    /// The caller may also use accounts that are not shared.
    has_others: bool,
}

/// A request that would exceed the share of its user.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareExceeded {
    /// The name of the account group; `None` for the accounts that are in no group.
    pub group: Option<String>,
    pub refusal: ShareRefusal,
}

/// An admitted request's part of the pools.
#[derive(Debug, Default)]
pub struct ShareGrant {
    /// `None` if it uses no pool.
    pub hold: Option<ShareHold>,
    pub accounts: ShareAccounts,
}

impl Shares {
    /// Without pools until [`Shares::refresh`].
    pub fn new(db: Database, clock: SharedClock, access: AccountAccess, ledger: Ledger) -> Self {
        Self(Arc::new(Parts {
            db,
            clock,
            access,
            ledger,
            pools: ArcSwap::default(),
            totals: Arc::default(),
            turn: Mutex::default(),
            wake: Notify::new(),
        }))
    }

    /// The pools that a request may use: those of the caller's groups whose provider is known to serve the model.
    pub fn candidates(&self, request: &ShareRequest<'_>) -> ShareCandidates {
        let pools = self.0.pools.load();
        if pools.by_group.is_empty() {
            return ShareCandidates::default();
        }
        let access = self.0.access.current();
        let groups = members::groups_of(&access, request.user_id, Some(request.api_key_id));
        let served = request.model.map(|model| self.0.ledger.served_by(model));
        let served = served.unwrap_or_default();
        let mut candidates = ShareCandidates::default();
        for group in groups {
            let of_group = pools.by_group.get(&group).map_or(&[][..], Vec::as_slice);
            let serving = |pool: &&Arc<SharedPool>| {
                served.contains(&pool.key.provider) || served.is_empty() && of_group.len() == 1
            };
            candidates.has_others |= of_group.is_empty();
            candidates
                .pools
                .extend(of_group.iter().filter(serving).cloned());
        }
        candidates
    }

    /// Decides about a request. If it is admitted, `reserve` takes what else it needs from `value`, and if that succeeds, it
    /// counts as running in the pool that admits it: all in one step, or nothing. An error has the value.
    pub fn take<T, R, E: From<(ShareExceeded, T)>>(
        &self,
        request: &ShareRequest<'_>,
        candidates: &ShareCandidates,
        value: T,
        reserve: impl FnOnce(T) -> Result<R, E>,
    ) -> Result<(R, ShareGrant), E> {
        let now = self.0.clock.now().timestamp();
        let mut accounts = ShareAccounts::default();
        let mut refused: Option<(&Arc<SharedPool>, ShareRefusal)> = None;
        let mut pools = candidates.pools.iter();
        for pool in pools.by_ref() {
            let mut state = pool.lock();
            match state.decide(request, now) {
                Ok(counted) => {
                    let reserved = reserve(value)?;
                    let hold = pool.begin(&mut state, request, now, counted);
                    drop(state);
                    for other in pools {
                        let refusal = other.lock().refusal(request, now);
                        accounts.extend(refusal.map(|refusal| self.withheld(other, refusal)));
                    }
                    let hold = Some(hold);
                    return Ok((reserved, ShareGrant { hold, accounts }));
                }
                Err(refusal) => {
                    if state.mode == ShareMode::Enforce {
                        drop(state);
                        accounts.extend(Some(self.withheld(pool, refusal)));
                    }
                    let is_sooner = refused
                        .as_ref()
                        .is_none_or(|(_, known)| refusal.retry_after < known.retry_after);
                    if is_sooner {
                        refused = Some((pool, refusal));
                    }
                }
            }
        }
        let Some((pool, refusal)) = refused.filter(|_| !candidates.has_others) else {
            let hold = None;
            return Ok((reserve(value)?, ShareGrant { hold, accounts }));
        };
        let mut observed = candidates.pools.iter();
        if let Some(pool) = observed.find(|pool| pool.mode() == ShareMode::Observe) {
            let mut state = pool.lock();
            let reserved = reserve(value)?;
            let hold = Some(pool.begin(&mut state, request, now, Counted::WouldRefuse));
            return Ok((reserved, ShareGrant { hold, accounts }));
        }
        pool.refused(request.user_id, now);
        Err(E::from((self.exceeded(pool, refusal), value)))
    }

    /// The request is sent to this account: it counts as running in its pool.
    pub fn chosen(&self, request: &ShareRequest<'_>, grant: &mut ShareGrant, account: Uuid) {
        let Some(hold) = &mut grant.hold else {
            return;
        };
        if hold.includes(account) {
            return;
        }
        let pools = self.0.pools.load();
        let of_account = pools.by_account.get(&account);
        match of_account.and_then(|pools| pools.first()) {
            Some(pool) => *hold = pool.carry_over(request),
            None => grant.hold = None,
        }
    }

    fn withheld(
        &self,
        pool: &SharedPool,
        refusal: ShareRefusal,
    ) -> (Arc<HashSet<Uuid>>, ShareExceeded) {
        (pool.accounts(), self.exceeded(pool, refusal))
    }

    fn exceeded(&self, pool: &SharedPool, refusal: ShareRefusal) -> ShareExceeded {
        let access = self.0.access.current();
        let group = access.group(pool.key.group_id);
        let group = group.map(|group| group.row.name.clone());
        ShareExceeded { group, refusal }
    }

    /// Adds the use of requests that are in the database now.
    pub fn settled(&self, rows: &[request::Model]) {
        let pools = self.0.pools.load();
        if pools.by_account.is_empty() {
            return;
        }
        let now = self.0.clock.now().timestamp();
        for row in rows {
            let pools = row.account_id.and_then(|id| pools.by_account.get(&id));
            for pool in pools.into_iter().flatten() {
                pool.settle(row, now);
            }
        }
    }

    /// Applies a report about a stored request: which account served it, or its tokens.
    pub fn corrected(&self, before: &request::Model, after: &request::Model) {
        let pools = self.0.pools.load();
        let of = |account: Option<Uuid>| {
            let pools = account.and_then(|id| pools.by_account.get(&id));
            pools.into_iter().flatten()
        };
        let now = self.0.clock.now().timestamp();
        let is_same = after.account_id == before.account_id;
        for pool in of(before.account_id) {
            let used = if is_same { units_of(after) } else { 0.0 };
            pool.correct(before, used - units_of(before), now);
        }
        for pool in of(after.account_id.filter(|_| !is_same)) {
            pool.settle(after, now);
        }
    }

    /// The decisions since the server started.
    pub fn totals(&self) -> &DecisionTotals {
        &self.0.totals
    }
}

/// The weight of a request: about proportional to what it uses of a window; 0 while its tokens are unknown.
fn units_of(row: &request::Model) -> f64 {
    units_of_row(row).map_or(0.0, Units::total)
}
