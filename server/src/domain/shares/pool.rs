//! One pool in memory: the rule, the requests in flight, and counts of decisions.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use entity::{request, share_hour, share_pool::ShareMode};
use shares::{
    AdmissionBasis, MemberWeight, PoolReport, RunningShare, ShareDecision, SharePool, ShareRefusal,
    ShareRules,
};
use uuid::Uuid;

use super::{
    PoolKey, ShareRequest,
    decisions::{Counted, DecisionTotals, PendingCounts},
    units_of,
};
use crate::clock::SharedClock;

/// How long an ended request counts as running while it is not known which account served it, in seconds.
const REPORT_TIMEOUT: i64 = 60;

/// The windows that users share.
#[derive(Debug)]
pub(super) struct SharedPool {
    pub(super) key: PoolKey,
    clock: SharedClock,
    totals: Arc<DecisionTotals>,
    state: Mutex<PoolState>,
}

#[derive(Debug)]
pub(super) struct PoolState {
    pub(super) mode: ShareMode,
    pub(super) accounts: Arc<HashSet<Uuid>>,
    pub(super) pool: SharePool,
    /// The last report of each account that was applied, in seconds since 1970.
    pub(super) reported: HashMap<Uuid, i64>,
    /// By the id of the request.
    running: HashMap<Uuid, RunningRequest>,
    counts: PendingCounts,
}

#[derive(Debug)]
struct RunningRequest {
    share: RunningShare,
    /// Seconds since 1970; `None` while it runs.
    ended_at: Option<i64>,
}

impl SharedPool {
    pub(super) fn new(key: PoolKey, clock: SharedClock, totals: Arc<DecisionTotals>) -> Self {
        Self {
            key,
            clock,
            totals,
            state: Mutex::new(PoolState {
                mode: ShareMode::Observe,
                accounts: Arc::default(),
                pool: SharePool::new(ShareRules::default()),
                reported: HashMap::new(),
                running: HashMap::new(),
                counts: PendingCounts::default(),
            }),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn mode(&self) -> ShareMode {
        self.lock().mode
    }

    pub(super) fn accounts(&self) -> Arc<HashSet<Uuid>> {
        Arc::clone(&self.lock().accounts)
    }

    /// Counts a request as running.
    pub(super) fn begin(
        self: &Arc<Self>,
        state: &mut PoolState,
        request: &ShareRequest<'_>,
        now: i64,
        counted: Counted,
    ) -> ShareHold {
        self.totals.count(counted);
        state.counts.count(request.user_id, now, counted);
        self.hold(state, request)
    }

    /// Counts a request as running that another pool has admitted, and counted.
    pub(super) fn carry_over(self: &Arc<Self>, request: &ShareRequest<'_>) -> ShareHold {
        self.hold(&mut self.lock(), request)
    }

    fn hold(self: &Arc<Self>, state: &mut PoolState, request: &ShareRequest<'_>) -> ShareHold {
        let running = RunningRequest {
            share: state.pool.begin(request.user_id),
            ended_at: None,
        };
        if let Some(earlier) = state.running.insert(request.request_id, running) {
            state.pool.end(earlier.share);
        }
        ShareHold {
            pool: Arc::clone(self),
            request_id: request.request_id,
            is_recorded: false,
        }
    }

    pub(super) fn refused(&self, user_id: Uuid, now: i64) {
        self.totals.count(Counted::Refused);
        self.lock().counts.count(user_id, now, Counted::Refused);
    }

    /// A request is in the database, with the account that served it.
    pub(super) fn settle(&self, row: &request::Model, now: i64) {
        let Some(account) = row.account_id else {
            return;
        };
        let mut state = self.lock();
        state.end(row.id);
        state.pool.charge(row.user_id, account, units_of(row), now);
    }

    /// The use of a stored request became known more exactly.
    pub(super) fn correct(&self, row: &request::Model, units: f64, now: i64) {
        if let Some(account) = row.account_id
            && units.abs() > f64::EPSILON
        {
            self.lock().pool.correct(row.user_id, account, units, now);
        }
    }

    /// Replaces the users with their weights, and the users who are admitted above their shares.
    pub(super) fn set_members(&self, members: Vec<MemberWeight>, overrides: &[(Uuid, i64)]) {
        let mut state = self.lock();
        state.pool.set_members(members.into_iter());
        state.pool.set_overrides(overrides.iter().copied());
    }

    /// Computes the shares again, and ends requests whose account was never reported.
    pub(super) fn recompute(&self) {
        let now = self.clock.now().timestamp();
        let mut state = self.lock();
        let PoolState { running, pool, .. } = &mut *state;
        running.retain(|_, request| {
            let is_over = request
                .ended_at
                .is_some_and(|at| (now - at).abs() > REPORT_TIMEOUT);
            if is_over {
                pool.end(request.share);
            }
            !is_over
        });
        pool.recompute(now);
    }

    pub(super) fn report(&self) -> PoolReport {
        let now = self.clock.now().timestamp();
        self.lock().pool.report(now)
    }

    /// Takes the counts that are not stored yet.
    pub(super) fn take_counts(&self) -> Vec<share_hour::ActiveModel> {
        self.lock().counts.take(self.key.group_id)
    }
}

impl PoolState {
    /// How a request would count that is admitted, or why it is not.
    pub(super) fn decide(
        &mut self,
        request: &ShareRequest<'_>,
        now: i64,
    ) -> Result<Counted, ShareRefusal> {
        match self.pool.admit(request.user_id, now) {
            ShareDecision::Admitted(AdmissionBasis::Lent | AdmissionBasis::Override) => {
                Ok(Counted::Lent)
            }
            ShareDecision::Admitted(AdmissionBasis::Share | AdmissionBasis::Unknown) => {
                Ok(Counted::Admitted)
            }
            ShareDecision::Refused(refusal) => Err(refusal),
        }
    }

    /// Why the pool would refuse a request; `None` if it would not, or only observes.
    pub(super) fn refusal(&mut self, request: &ShareRequest<'_>, now: i64) -> Option<ShareRefusal> {
        if self.mode != ShareMode::Enforce {
            return None;
        }
        self.decide(request, now).err()
    }

    fn end(&mut self, request_id: Uuid) {
        if let Some(request) = self.running.remove(&request_id) {
            self.pool.end(request.share);
        }
    }
}

/// The share that a request in flight holds. Dropped before the request was recorded, it was not forwarded.
#[derive(Debug)]
pub struct ShareHold {
    pool: Arc<SharedPool>,
    request_id: Uuid,
    is_recorded: bool,
}

impl ShareHold {
    pub(super) fn includes(&self, account: Uuid) -> bool {
        self.pool.lock().accounts.contains(&account)
    }

    /// The request is in the database. It counts as running until the account that served it is known.
    pub(in crate::domain) fn recorded(mut self) {
        self.is_recorded = true;
    }
}

impl Drop for ShareHold {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        if !self.is_recorded {
            state.end(self.request_id);
        } else if let Some(running) = state.running.get_mut(&self.request_id) {
            running.ended_at = Some(self.pool.clock.now().timestamp());
        }
    }
}
