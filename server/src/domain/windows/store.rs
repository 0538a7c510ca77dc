//! Stores what was learned, and the cycles that are over.

use chrono::{DateTime, Utc};
use entity::{
    account_window::{self, Entity as AccountWindow},
    window_cycle::{self, Entity as WindowCycle},
    window_cycle_user::{self, Entity as WindowCycleUser},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::OnConflict,
};
use uuid::Uuid;
use windows::WEIGHTS_VERSION;

use super::{
    MAX_PENDING, WindowUsage,
    account::{Closed, StoredWindow},
};
use crate::domain::Result;

/// Users of one statement.
const ROWS: usize = 500;

/// A cycle that is not stored yet.
#[derive(Debug)]
pub(super) struct PendingCycle {
    account_id: Uuid,
    closed: Closed,
}

/// Keeps cycles until they are stored; the oldest are dropped.
pub(super) fn keep(pending: &mut Vec<PendingCycle>, account_id: Uuid, closed: Vec<Closed>) {
    let closed = closed.into_iter();
    pending.extend(closed.map(|closed| PendingCycle { account_id, closed }));
    let excess = pending.len().saturating_sub(MAX_PENDING);
    pending.drain(..excess);
}

impl WindowUsage {
    /// Stores the cycles that are over. After a failure they are kept for the next time.
    pub(super) async fn store_cycles(&self) -> Result<()> {
        let pending = std::mem::take(&mut self.state().pending);
        if pending.is_empty() {
            return Ok(());
        }
        let stored = self.insert_cycles(&pending).await;
        if stored.is_err() {
            let mut state = self.state();
            let later = std::mem::replace(&mut state.pending, pending);
            state.pending.extend(later);
        }
        stored
    }

    async fn insert_cycles(&self, pending: &[PendingCycle]) -> Result<()> {
        let transaction = self.db.begin().await?;
        let cycles = pending.iter().map(cycle_row);
        // A failed commit may have happened.
        WindowCycle::insert_many(cycles)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&transaction)
            .await?;
        let users: Vec<_> = pending.iter().flat_map(user_rows).collect();
        for rows in users.chunks(ROWS) {
            WindowCycleUser::insert_many(rows.iter().cloned())
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(&transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Stores the windows that have changed.
    pub(super) async fn store_windows(&self) -> Result<()> {
        let now = self.clock.now();
        let dirty: Vec<(Uuid, StoredWindow)> = {
            let mut state = self.state();
            let accounts = state.accounts.iter_mut();
            let dirty = accounts.flat_map(|(id, account)| {
                let windows = account.take_dirty().into_iter();
                windows.map(|window| (*id, window)).collect::<Vec<_>>()
            });
            dirty.collect()
        };
        let stored = self.upsert_windows(&dirty, now).await;
        if stored.is_err() {
            let mut state = self.state();
            for (id, window) in &dirty {
                let account = state.accounts.get_mut(id);
                if let Some(window) = account.and_then(|account| account.window_mut(&window.name)) {
                    window.is_dirty = true;
                }
            }
        }
        stored
    }

    async fn upsert_windows(
        &self,
        dirty: &[(Uuid, StoredWindow)],
        now: DateTime<Utc>,
    ) -> Result<()> {
        if dirty.is_empty() {
            return Ok(());
        }
        let transaction = self.db.begin().await?;
        for rows in dirty.chunks(ROWS) {
            let rows = rows.iter().map(|(id, window)| window_row(*id, window, now));
            let mut conflict = OnConflict::columns([
                account_window::Column::AccountId,
                account_window::Column::Name,
            ]);
            conflict.update_columns([
                account_window::Column::WeightsVersion,
                account_window::Column::Estimate,
                account_window::Column::Plan,
                account_window::Column::CycleId,
                account_window::Column::CycleResetsAt,
                account_window::Column::HasWarned,
                account_window::Column::UpdatedAt,
            ]);
            AccountWindow::insert_many(rows)
                .on_conflict(conflict)
                .exec_without_returning(&transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Deletes cycles that ended before this time. Returns how many.
    pub async fn delete_cycles_before(&self, cut: DateTime<Utc>) -> Result<u64> {
        let deleted = WindowCycle::delete_many()
            .filter(window_cycle::Column::EndedAt.lt(cut))
            .exec(self.db.writer())
            .await?;
        Ok(deleted.rows_affected)
    }
}

fn window_row(
    account_id: Uuid,
    window: &StoredWindow,
    now: DateTime<Utc>,
) -> account_window::ActiveModel {
    let estimate = serde_json::to_string(&window.estimator);
    account_window::ActiveModel {
        account_id: Set(account_id),
        name: Set(window.name.clone()),
        weights_version: Set(i16::try_from(WEIGHTS_VERSION).unwrap_or(i16::MAX)),
        estimate: Set(estimate.unwrap_or_default()),
        plan: Set(window.plan.clone()),
        cycle_id: Set(window.cycle_id),
        cycle_resets_at: Set(window.resets_at),
        has_warned: Set(window.has_warned),
        updated_at: Set(now),
    }
}

fn cycle_row(pending: &PendingCycle) -> window_cycle::ActiveModel {
    let cycle = &pending.closed.cycle;
    window_cycle::ActiveModel {
        id: Set(pending.closed.id),
        account_id: Set(pending.account_id),
        name: Set(pending.closed.name.clone()),
        started_at: Set(cycle.started_at),
        ended_at: Set(cycle.ended_at),
        percent: Set(small(cycle.percent)),
        micro_units: Set(micro(cycle.units.total())),
        outside_percent: Set(cycle.outside_percent.map(small)),
        micro_units_per_percent: Set(cycle.units_per_percent.map(micro)),
    }
}

fn user_rows(pending: &PendingCycle) -> Vec<window_cycle_user::ActiveModel> {
    let users = pending.closed.cycle.users.iter();
    let row = |user: &windows::UserUsage| window_cycle_user::ActiveModel {
        cycle_id: Set(pending.closed.id),
        user_id: Set(user.user_id),
        micro_units: Set(micro(user.units.total())),
        percent_tenths: Set(user.percent.map(|percent| small(percent * 10.0))),
    };
    users.map(row).collect()
}

fn small(number: f64) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "held within these bounds")]
    let number = number.clamp(0.0, 10_000.0).round() as i16;
    number
}

/// In millionths.
fn micro(number: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "held within these bounds")]
    let number = (number.clamp(0.0, 1e12) * 1e6).round() as i64;
    number
}
