//! Which accounts may be used now: stop lines of usage windows, requests at a time, and refusals of providers. All in
//! memory, so that a request needs no query.

mod gauge;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use entity::provider_account::{self, ProviderKind, SubscriptionWindows};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use self::gauge::StoppedWindow;
use self::gauge::{Gauge, left, next_reset};
use super::{
    Result,
    provider_accounts::{AccountStatus, ProviderAccounts},
};
use crate::clock::SharedClock;

/// The pause after a provider's refusal that names none.
const REFUSAL_PAUSE: TimeDelta = TimeDelta::seconds(10);
/// The longest pause after a refusal: the stop line and the engine know more.
const MAX_PAUSE: TimeDelta = TimeDelta::minutes(10);
/// Audit events about one error.
const MISMATCH_INTERVAL: TimeDelta = TimeDelta::minutes(1);
/// When to read the accounts again after that failed.
const RETRY_DELAY: std::time::Duration = std::time::Duration::from_secs(1);

/// Why an account is not used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountObstacle {
    /// Disabled, paused or removed.
    NotInUse,
    /// Its sign-in is lost, or its provider refuses it repeatedly.
    Failing(Option<String>),
    /// The provider has refused a request and is not asked before this time.
    Refused(DateTime<Utc>),
    Stopped(StoppedWindow),
    /// It serves as many requests as it may at a time.
    Busy(u32),
}

/// The facts that decide between accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountStanding {
    pub kind: ProviderKind,
    pub priority: i32,
    pub weight: i32,
    /// Whether the provider reports usage windows: a subscription.
    pub has_windows: bool,
    /// The unused part of the fullest window, in percent; 100 without windows.
    pub left_percent: i32,
    pub next_reset: Option<DateTime<Utc>>,
    pub running: u32,
    /// When the latest request began; `None` for none since the server started.
    pub begun_at: Option<DateTime<Utc>>,
}

/// A request through an account, until it is dropped.
#[derive(Debug)]
pub struct RunningRequest {
    gauge: Arc<Mutex<Gauge>>,
    clock: SharedClock,
}

impl Drop for RunningRequest {
    fn drop(&mut self) {
        let now = self.clock.now();
        lock(&self.gauge).end(now);
    }
}

#[derive(Debug)]
struct KnownAccount {
    /// Without its secret.
    row: provider_account::Model,
    gauge: Arc<Mutex<Gauge>>,
}

/// The limits of all accounts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AccountLimits {
    accounts: ProviderAccounts,
    clock: SharedClock,
    known: Arc<ArcSwap<HashMap<Uuid, KnownAccount>>>,
    mismatch_at: Arc<Mutex<Option<DateTime<Utc>>>>,
}

impl AccountLimits {
    pub async fn load(accounts: ProviderAccounts, clock: SharedClock) -> Result<Self> {
        let limits = Self {
            accounts,
            clock,
            known: Arc::default(),
            mismatch_at: Arc::default(),
        };
        limits.reload().await?;
        Ok(limits)
    }

    /// Keeps the accounts current.
    pub async fn follow(self, stop: CancellationToken) {
        let mut changes = self.accounts.changes();
        changes.mark_changed();
        while let Some(Ok(())) = stop.run_until_cancelled(changes.changed()).await {
            while let Err(error) = self.reload().await {
                tracing::warn!(%error, "cannot read the limits of accounts");
                let pause = tokio::time::sleep(RETRY_DELAY);
                if stop.run_until_cancelled(pause).await.is_none() {
                    return;
                }
            }
        }
    }

    /// Reads the accounts; a change holds from then on.
    pub async fn reload(&self) -> Result<()> {
        let rows = self.accounts.list().await?;
        let known = self.known.load();
        let accounts = rows.into_iter().map(|row| {
            let earlier = known.get(&row.id);
            let gauge = earlier
                .map(|one| Arc::clone(&one.gauge))
                .unwrap_or_default();
            let row = provider_account::Model {
                sealed: Vec::new(),
                ..row
            };
            (row.id, KnownAccount { row, gauge })
        });
        let accounts = accounts.collect();
        drop(known);
        self.known.store(Arc::new(accounts));
        Ok(())
    }

    /// Begins a request through an account, unless there is an obstacle.
    pub fn begin(&self, id: Uuid) -> std::result::Result<RunningRequest, AccountObstacle> {
        let known = self.known.load();
        let account = known.get(&id).ok_or(AccountObstacle::NotInUse)?;
        self.usable(account)?;
        let mut gauge = lock(&account.gauge);
        self.within_limits(account, &mut gauge)?;
        gauge.begin(self.clock.now());
        drop(gauge);
        Ok(RunningRequest {
            gauge: Arc::clone(&account.gauge),
            clock: self.clock.clone(),
        })
    }

    /// The obstacle to another request through an account now.
    pub fn obstacle(&self, id: Uuid) -> Option<AccountObstacle> {
        let known = self.known.load();
        let Some(account) = known.get(&id) else {
            return Some(AccountObstacle::NotInUse);
        };
        let usable = self.usable(account);
        usable
            .and_then(|()| self.within_limits(account, &mut lock(&account.gauge)))
            .err()
    }

    /// The facts that decide between accounts; `None` for an unknown one.
    pub fn standing(&self, id: Uuid) -> Option<AccountStanding> {
        let known = self.known.load();
        let account = known.get(&id)?;
        let now = self.clock.now();
        let windows = self.windows(account);
        let windows = windows.as_deref();
        let gauge = lock(&account.gauge);
        Some(AccountStanding {
            kind: account.row.kind,
            priority: account.row.priority,
            weight: account.row.weight,
            has_windows: windows.is_some_and(|reported| !reported.windows.is_empty()),
            left_percent: windows.map_or(100, |reported| left(reported, now)),
            next_reset: windows.and_then(|reported| next_reset(reported, now)),
            running: gauge.running,
            begun_at: gauge.begun_at,
        })
    }

    /// The label of an account; `None` for an unknown one.
    pub fn label(&self, id: Uuid) -> Option<String> {
        Some(self.known.load().get(&id)?.row.label.clone())
    }

    /// The ids of the accounts in use.
    pub fn in_use(&self) -> Vec<Uuid> {
        let known = self.known.load();
        let in_use = known.values().filter(|account| account.row.is_in_use());
        in_use.map(|account| account.row.id).collect()
    }

    /// The provider has refused a request; `wait` is how long it asked to wait.
    pub fn refused(&self, id: Uuid, wait: Option<std::time::Duration>) {
        let wait = wait.and_then(|wait| TimeDelta::from_std(wait).ok());
        let wait = wait.unwrap_or(REFUSAL_PAUSE).min(MAX_PAUSE);
        if let Some(account) = self.known.load().get(&id) {
            lock(&account.gauge).refused_until = Some(self.clock.now() + wait);
        }
    }

    /// The engine process of an account has used another one. That is recorded at most once a minute.
    pub fn report_mismatch(&self, id: Uuid) {
        tracing::error!(account.id = %id, "the engine process of an account answered through another account");
        let now = self.clock.now();
        let mut reported = self
            .mismatch_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if reported.is_some_and(|at| (now - at).abs() < MISMATCH_INTERVAL) {
            return;
        }
        *reported = Some(now);
        let accounts = self.accounts.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "the log has the fault already, so a stopping server need not wait for the event"
        )]
        tokio::spawn(async move {
            if let Err(error) = accounts.record_route_mismatch(id).await {
                tracing::warn!(%error, account.id = %id, "cannot record an audit event");
            }
        });
    }

    /// The provider has served a request.
    pub fn served(&self, id: Uuid) {
        if let Some(account) = self.known.load().get(&id) {
            lock(&account.gauge).refused_until = None;
        }
    }

    fn usable(&self, account: &KnownAccount) -> std::result::Result<(), AccountObstacle> {
        if !account.row.is_in_use() {
            return Err(AccountObstacle::NotInUse);
        }
        let state = self.accounts.state(&account.row, None);
        match state.status {
            AccountStatus::Failing | AccountStatus::RefreshFailed | AccountStatus::Expired => {
                Err(AccountObstacle::Failing(state.reason))
            }
            AccountStatus::Cooling => {
                let until = state
                    .until
                    .unwrap_or_else(|| self.clock.now() + REFUSAL_PAUSE);
                Err(AccountObstacle::Refused(until))
            }
            AccountStatus::Paused | AccountStatus::Disabled => Err(AccountObstacle::NotInUse),
            AccountStatus::Active | AccountStatus::Unknown => Ok(()),
        }
    }

    fn within_limits(
        &self,
        account: &KnownAccount,
        gauge: &mut Gauge,
    ) -> std::result::Result<(), AccountObstacle> {
        let now = self.clock.now();
        // A clock that was set back must not prolong a pause.
        let refused = gauge.refused_until;
        if let Some(until) = refused.filter(|at| *at > now && *at - now <= MAX_PAUSE) {
            return Err(AccountObstacle::Refused(until));
        }
        if let (Some(lines), Some(windows)) = (&account.row.stop_lines, self.windows(account))
            && let Some(stopped) = gauge.stopped(lines, &windows, now)
        {
            return Err(AccountObstacle::Stopped(stopped));
        }
        let most = account.row.max_concurrent_requests;
        let most = most.and_then(|most| u32::try_from(most).ok());
        match most.filter(|most| gauge.running >= *most) {
            Some(most) => Err(AccountObstacle::Busy(most)),
            None => Ok(()),
        }
    }

    fn windows(&self, account: &KnownAccount) -> Option<Arc<SubscriptionWindows>> {
        let latest = self.accounts.windows().latest(account.row.id);
        latest.or_else(|| account.row.windows.clone().map(Arc::new))
    }
}

fn lock(gauge: &Mutex<Gauge>) -> MutexGuard<'_, Gauge> {
    gauge.lock().unwrap_or_else(PoisonError::into_inner)
}
