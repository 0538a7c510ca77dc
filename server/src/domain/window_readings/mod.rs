//! Levels of the usage windows of subscriptions, from the answers to requests and from checks of accounts, and their
//! history.

mod level;
mod socket;

use std::{
    collections::{BTreeMap, HashMap, hash_map},
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    provider_account::{self, Entity as ProviderAccount, SubscriptionWindow, SubscriptionWindows},
    window_reading::{self, Entity as WindowReading, ReadingSource},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, OnConflict},
};
use tokio::sync::Mutex;
use uuid::Uuid;

use self::level::{Effect, Level};
pub use self::socket::SocketLevels;
use super::{Result, windows::WindowUsage};
use crate::{clock::SharedClock, db::Database};

/// How long readings are kept.
const KEPT: TimeDelta = TimeDelta::days(90);
/// Windows of one account.
const MAX_WINDOWS: usize = 40;
/// A window that is not reported for so long is not shown.
const SHOWN: TimeDelta = TimeDelta::days(8);
/// A check reports all windows; those that answers reported shortly before stay.
const SHOWN_AFTER_CHECK: TimeDelta = TimeDelta::hours(1);
/// How often the time of an unchanged level is stored.
const CONFIRMATION_INTERVAL: TimeDelta = TimeDelta::minutes(1);
/// Readings in the history of an account.
pub const MAX_HISTORY: usize = 800;

/// The windows of one account that a provider reported at one time.
#[derive(Debug)]
pub struct WindowReport {
    pub account_id: Uuid,
    pub observed_at: DateTime<Utc>,
    pub source: ReadingSource,
    pub windows: Vec<SubscriptionWindow>,
}

/// The levels of one window over time.
#[derive(Debug)]
pub struct WindowHistory {
    pub name: String,
    /// Oldest first.
    pub readings: Vec<window_reading::Model>,
}

#[derive(Debug, Default)]
struct Levels {
    by_name: BTreeMap<String, Level>,
    stored_at: Option<DateTime<Utc>>,
}

/// The service for readings of windows.
#[derive(Clone, Debug)]
pub struct WindowReadings {
    db: Database,
    clock: SharedClock,
    /// Held while a report is stored, so that reports are stored in their order.
    accounts: Arc<Mutex<HashMap<Uuid, Levels>>>,
    usage: WindowUsage,
    sockets: SocketLevels,
    /// The windows of each account as they were last reported.
    latest: Arc<RwLock<HashMap<Uuid, Arc<SubscriptionWindows>>>>,
}

impl WindowReadings {
    pub fn new(db: Database, clock: SharedClock) -> Self {
        Self {
            usage: WindowUsage::new(db.clone(), clock.clone()),
            sockets: SocketLevels::new(clock.clone()),
            db,
            clock,
            accounts: Arc::default(),
            latest: Arc::default(),
        }
    }

    /// The windows between readings.
    pub fn usage(&self) -> &WindowUsage {
        &self.usage
    }

    /// The levels that events of WebSockets report.
    pub fn sockets(&self) -> &SocketLevels {
        &self.sockets
    }

    /// Applies a report. Returns whether the account's windows have changed.
    pub async fn record(&self, report: WindowReport) -> Result<bool> {
        let now = self.clock.now();
        let mut accounts = self.accounts.lock().await;
        let id = report.account_id;
        let levels = match accounts.entry(id) {
            hash_map::Entry::Occupied(known) => known.into_mut(),
            hash_map::Entry::Vacant(unknown) => {
                let Some(stored) = self.stored(id).await? else {
                    return Ok(false);
                };
                unknown.insert(stored)
            }
        };
        let observed_at = report.observed_at.min(now);
        let source = report.source;
        let (readings, accepted) = levels.read(report, observed_at, now);
        let removed = levels.remove_outdated(source, now);
        self.keep_latest(id, levels.windows());
        let has_changed = !readings.is_empty() || removed;
        let is_due = levels
            .stored_at
            .is_none_or(|at| (now - at).abs() >= CONFIRMATION_INTERVAL);
        if has_changed || is_due {
            levels.stored_at = None;
            self.store(id, levels.windows(), readings).await?;
            levels.stored_at = Some(now);
        }
        self.usage.read(id, observed_at, &accepted).await?;
        Ok(has_changed)
    }

    /// The windows of an account as its provider last reported them; `None` if it has not since the server started.
    pub fn latest(&self, id: Uuid) -> Option<Arc<SubscriptionWindows>> {
        let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
        latest.get(&id).cloned()
    }

    fn keep_latest(&self, id: Uuid, windows: Option<SubscriptionWindows>) {
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        match windows {
            Some(windows) => _ = latest.insert(id, Arc::new(windows)),
            None => _ = latest.remove(&id),
        }
    }

    /// The levels that an account was stored with; `None` for an unknown account.
    async fn stored(&self, id: Uuid) -> Result<Option<Levels>> {
        let account = ProviderAccount::find_by_id(id)
            .one(self.db.reader())
            .await?;
        Ok(account.map(|account| {
            let mut levels = Levels::default();
            if let Some(reported) = account.windows {
                for window in reported.windows {
                    let name = window.name.clone();
                    let level = Level::new(window, reported.reported_at);
                    levels.by_name.insert(name, level);
                }
            }
            levels
        }))
    }

    async fn store(
        &self,
        id: Uuid,
        windows: Option<SubscriptionWindows>,
        readings: Vec<window_reading::ActiveModel>,
    ) -> Result<()> {
        let transaction = self.db.begin().await?;
        ProviderAccount::update_many()
            .col_expr(
                provider_account::Column::Windows,
                Expr::value(json(windows)),
            )
            .filter(provider_account::Column::Id.eq(id))
            .exec(&transaction)
            .await?;
        if !readings.is_empty() {
            WindowReading::insert_many(readings)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(&transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The readings of an account since a time, by the name of the window, oldest first; of more than `MAX_HISTORY` in all,
    /// the newest.
    pub async fn history(
        &self,
        account_id: Uuid,
        since: DateTime<Utc>,
    ) -> Result<Vec<WindowHistory>> {
        let readings = WindowReading::find()
            .filter(window_reading::Column::AccountId.eq(account_id))
            .filter(window_reading::Column::ObservedAt.gte(since))
            .order_by_desc(window_reading::Column::ObservedAt)
            .limit(u64::try_from(MAX_HISTORY).unwrap_or(u64::MAX));
        let mut by_name: BTreeMap<String, Vec<window_reading::Model>> = BTreeMap::new();
        for reading in readings.all(self.db.reader()).await?.into_iter().rev() {
            by_name
                .entry(reading.name.clone())
                .or_default()
                .push(reading);
        }
        let windows = by_name.into_iter();
        Ok(windows
            .map(|(name, readings)| WindowHistory { name, readings })
            .collect())
    }

    /// Deletes readings and cycles that are too old. Returns how many.
    pub async fn delete_old(&self) -> Result<u64> {
        let cut = self.clock.now() - KEPT;
        let cycles = self.usage.delete_cycles_before(cut).await?;
        let old = window_reading::Column::ObservedAt.lt(cut);
        let deleted = WindowReading::delete_many()
            .filter(old)
            .exec(self.db.writer())
            .await?;
        Ok(cycles + deleted.rows_affected)
    }
}

impl Levels {
    /// Applies the readings of a report; returns those to keep, and the levels that they changed or confirmed.
    fn read(
        &mut self,
        report: WindowReport,
        observed_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> (Vec<window_reading::ActiveModel>, Vec<SubscriptionWindow>) {
        let (mut kept, mut accepted) = (Vec::new(), Vec::new());
        for window in report.windows {
            let name = window.name.clone();
            let is_full = self.by_name.len() >= MAX_WINDOWS;
            let effect = match self.by_name.get_mut(&name) {
                Some(level) => level.read(window, observed_at, now),
                None if !is_full => {
                    let level = Level::new(window, observed_at);
                    self.by_name.insert(name.clone(), level);
                    Effect::Changed
                }
                None => Effect::Ignored,
            };
            let level = self.by_name.get(&name);
            let is_accepted = effect != Effect::Ignored;
            accepted.extend(
                level
                    .filter(|_| is_accepted)
                    .map(|level| level.window.clone()),
            );
            if let Some(level) = level.filter(|_| effect == Effect::Changed) {
                kept.push(window_reading::ActiveModel {
                    account_id: Set(report.account_id),
                    name: Set(name),
                    observed_at: Set(observed_at),
                    used_percent: Set(i16::try_from(level.window.used_percent).unwrap_or(100)),
                    resets_at: Set(level.window.resets_at),
                    source: Set(report.source),
                });
            }
        }
        (kept, accepted)
    }

    /// Returns whether any window was removed.
    fn remove_outdated(&mut self, source: ReadingSource, now: DateTime<Utc>) -> bool {
        let before = self.by_name.len();
        let shown = match source {
            ReadingSource::Check => SHOWN_AFTER_CHECK,
            ReadingSource::Answer => SHOWN,
        };
        self.by_name
            .retain(|_, level| now - level.observed_at < shown);
        self.by_name.len() < before
    }

    fn windows(&self) -> Option<SubscriptionWindows> {
        let reported_at = self.by_name.values().map(|level| level.observed_at).max()?;
        Some(SubscriptionWindows {
            reported_at,
            windows: self
                .by_name
                .values()
                .map(|level| level.window.clone())
                .collect(),
        })
    }
}

fn json(windows: Option<SubscriptionWindows>) -> Option<serde_json::Value> {
    windows.and_then(|windows| serde_json::to_value(windows).ok())
}
