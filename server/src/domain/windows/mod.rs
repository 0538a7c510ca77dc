//! The usage windows of subscriptions between the provider's readings: levels, the parts of users, the estimate of what
//! one percent buys, and forecasts.
//!
//! The state is in memory and follows two sources: requests as they are settled, and readings as they are accepted. Both
//! only take a short lock; the database is read and written by a task. After a start the state is rebuilt from stored
//! requests and from what was learned before.

mod account;
mod cycles;
mod outlook;
mod own;
mod restore;
mod scope;
mod store;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    provider_account::{self, SubscriptionWindow},
    request,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
pub use windows::{Units, UserUsage, WindowForecast};

pub(in crate::domain) use self::scope::{units_of, units_of_row};
use self::{account::AccountWindows, scope::Charge, store::PendingCycle};
pub use self::{
    cycles::{Cycle, MAX_CYCLES},
    outlook::{Outlook, Prediction, WithheldReason},
    own::OwnWindow,
};
use super::Result;
use crate::{clock::SharedClock, db::Database};

/// How often the state is stored and forecasts for notifications are made.
const INTERVAL: Duration = Duration::from_secs(30);
/// Closed cycles that wait to be stored.
const MAX_PENDING: usize = 1_000;
/// Accounts in memory.
const MAX_ACCOUNTS: usize = 10_000;

/// A window that is likely to be used up early, or that is used elsewhere.
#[derive(Clone, Debug)]
pub struct WindowStatus {
    pub account_id: Uuid,
    pub name: String,
    /// `None` while the window has not started.
    pub cycle_id: Option<Uuid>,
    pub resets_at: Option<DateTime<Utc>>,
    /// Whether the forecast once said in this cycle that the window will be used up well before its reset.
    pub has_warned: bool,
    pub outlook: Outlook,
}

/// The service for levels, parts of users and forecasts of usage windows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WindowUsage {
    db: Database,
    clock: SharedClock,
    state: Arc<Mutex<State>>,
    /// Held while accounts are loaded.
    loading: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct State {
    accounts: HashMap<Uuid, AccountWindows>,
    /// Requests up to this sequence number are read from the database; `None` until the request log is open.
    stored_until: Option<i64>,
    pending: Vec<PendingCycle>,
}

impl WindowUsage {
    pub fn new(db: Database, clock: SharedClock) -> Self {
        Self {
            db,
            clock,
            state: Arc::default(),
            loading: Arc::default(),
        }
    }

    /// Never held across an await.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, requests with a greater sequence number are reported by [`Self::settled`].
    pub fn begin(&self, last_sequence: i64) {
        self.state().stored_until = Some(last_sequence);
    }

    /// Counts settled requests. Quick, for the task that writes them.
    pub fn settled(&self, rows: &[request::Model]) {
        self.charge(rows.iter().filter_map(|row| Charge::of(row, 1.0)));
    }

    /// Counts a stored request that the engine's report changed, such as by naming its account.
    pub fn corrected(&self, before: &request::Model, after: &request::Model) {
        let removed = Charge::of(before, -1.0);
        let added = Charge::of(after, 1.0);
        self.charge(removed.into_iter().chain(added));
    }

    fn charge(&self, charges: impl Iterator<Item = Charge>) {
        let mut charges = charges.peekable();
        if charges.peek().is_none() {
            return;
        }
        let now = self.clock.now();
        let mut state = self.state();
        let Some(stored_until) = state.stored_until else {
            return;
        };
        for charge in charges.filter(|charge| charge.sequence > stored_until) {
            let is_full = state.accounts.len() >= MAX_ACCOUNTS;
            if is_full && !state.accounts.contains_key(&charge.account_id) {
                continue;
            }
            let account = state.accounts.entry(charge.account_id).or_default();
            account.charge(&charge, now);
        }
    }

    /// Takes the readings of an account that were accepted. They are levels in the order of time.
    pub async fn read(
        &self,
        account_id: Uuid,
        observed_at: DateTime<Utc>,
        windows: &[SubscriptionWindow],
    ) -> Result<()> {
        self.load(account_id).await?;
        let has_closed = {
            let mut state = self.state();
            let Some(account) = state.accounts.get_mut(&account_id) else {
                return Ok(());
            };
            let closed = account.read(observed_at, windows);
            state.keep_closed(account_id, closed)
        };
        if has_closed {
            self.store_cycles().await?;
        }
        Ok(())
    }

    /// Stores the state and looks ahead periodically, until cancelled.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            match stop.run_until_cancelled(self.refresh()).await {
                None => break,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    tracing::warn!(%error, "cannot store the state of usage windows; trying again");
                }
            }
            if stop.run_until_cancelled(sleep(INTERVAL)).await.is_none() {
                break;
            }
        }
        if let Err(error) = self.store_all().await {
            tracing::warn!(%error, "cannot store the state of usage windows");
        }
    }

    /// Loads accounts that are new, closes cycles that are over, makes forecasts and stores what has changed.
    pub async fn refresh(&self) -> Result<()> {
        let accounts = self.accounts().await?;
        self.load_all(&accounts).await?;
        let now = self.clock.now();
        {
            let mut state = self.state();
            let known: HashMap<Uuid, &provider_account::Model> = accounts
                .iter()
                .map(|account| (account.id, account))
                .collect();
            state.accounts.retain(|id, _| known.contains_key(id));
            let State {
                accounts, pending, ..
            } = &mut *state;
            for (id, windows) in accounts {
                if let Some(account) = known.get(id) {
                    windows.follow(account);
                }
                let closed = windows.close_if_over(now);
                store::keep(pending, *id, closed);
            }
        }
        for status in self.statuses() {
            self.mark_warned(&status, now);
        }
        self.store_all().await
    }

    async fn store_all(&self) -> Result<()> {
        self.store_cycles().await?;
        self.store_windows().await
    }

    /// Remembers for the rest of the cycle that the window is likely to be used up early.
    fn mark_warned(&self, status: &WindowStatus, now: DateTime<Utc>) {
        if !status.has_warned && status.outlook.is_early(status.resets_at, now) {
            let mut state = self.state();
            let account = state.accounts.get_mut(&status.account_id);
            if let Some(window) = account.and_then(|account| account.window_mut(&status.name)) {
                window.warn();
            }
        }
    }

    async fn load_all(&self, accounts: &[provider_account::Model]) -> Result<()> {
        for account in accounts {
            self.load(account.id).await?;
        }
        Ok(())
    }

    /// The windows of all accounts, which are loaded if necessary.
    pub async fn all(&self) -> Result<Vec<WindowStatus>> {
        self.load_all(&self.accounts().await?).await?;
        Ok(self.statuses())
    }

    fn statuses(&self) -> Vec<WindowStatus> {
        let names: Vec<(Uuid, String)> = {
            let state = self.state();
            let of_account = |(id, account): (&Uuid, &AccountWindows)| {
                let names = account.names();
                names.map(|name| (*id, name)).collect::<Vec<_>>()
            };
            state.accounts.iter().flat_map(of_account).collect()
        };
        let statuses = names.iter();
        statuses
            .filter_map(|(id, name)| self.status(*id, name))
            .collect()
    }

    /// A window of an account, which is loaded if necessary; `None` if it is unknown.
    pub async fn window(&self, account_id: Uuid, name: &str) -> Result<Option<WindowStatus>> {
        self.load(account_id).await?;
        Ok(self.status(account_id, name))
    }

    /// A window; `None` if it is unknown. A forecast is at most half a minute old; it is made without the lock.
    pub fn status(&self, account_id: Uuid, name: &str) -> Option<WindowStatus> {
        let now = self.clock.now();
        let question = {
            let state = self.state();
            let account = state.accounts.get(&account_id)?;
            account.question(name, now)?
        };
        let (outlook, is_new) = question.answer(account_id, now);
        let mut state = self.state();
        let account = state.accounts.get_mut(&account_id)?;
        let status = WindowStatus {
            account_id,
            name: name.to_owned(),
            cycle_id: account.cycle_id(name),
            resets_at: account.cycle(name).map(|(_, resets_at)| resets_at),
            has_warned: account.has_warned(name),
            outlook,
        };
        if is_new {
            account.window_mut(name)?.keep(outlook.prediction, now);
        }
        Some(status)
    }

    /// The users of a window's open cycle, the greatest first; empty while it is unknown or has not started.
    pub fn users(&self, account_id: Uuid, name: &str) -> Vec<UserUsage> {
        let state = self.state();
        let account = state.accounts.get(&account_id);
        account.map_or_else(Vec::new, |account| account.users(name))
    }
}

impl State {
    /// Returns whether there are any.
    fn keep_closed(&mut self, account_id: Uuid, closed: Vec<account::Closed>) -> bool {
        let has_closed = !closed.is_empty();
        store::keep(&mut self.pending, account_id, closed);
        has_closed
    }
}

/// How long before the reset a window must be used up to be worth a warning.
const EARLY: TimeDelta = TimeDelta::minutes(30);
