//! Counts of decisions: since the start for metrics, and by user and hour for the report.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use entity::share_hour::{self, Entity as ShareHour};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    sea_query::{Alias, Expr, OnConflict},
};
use uuid::Uuid;

/// Seconds.
pub(super) const HOUR: i64 = 3600;
/// Rows in one statement.
const ROWS: usize = 500;

/// A decision as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Admitted,
    Lent,
    WouldRefuse,
    Refused,
}

/// Decisions since the server started.
#[derive(Debug, Default)]
pub struct DecisionTotals {
    pub admitted: AtomicU64,
    pub lent: AtomicU64,
    pub would_refuse: AtomicU64,
    pub refused: AtomicU64,
}

impl DecisionTotals {
    pub(super) fn count(&self, counted: Counted) {
        let total = match counted {
            Counted::Admitted => &self.admitted,
            Counted::Lent => &self.lent,
            Counted::WouldRefuse => &self.would_refuse,
            Counted::Refused => &self.refused,
        };
        total.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct HourCounts {
    admitted: i64,
    lent: i64,
    would_refuse: i64,
    refused: i64,
}

/// Decisions that are not stored yet, by user and hour.
#[derive(Debug, Default)]
pub(super) struct PendingCounts(BTreeMap<(Uuid, i64), HourCounts>);

impl PendingCounts {
    pub(super) fn count(&mut self, user_id: Uuid, now: i64, counted: Counted) {
        let hour = now.div_euclid(HOUR) * HOUR;
        let counts = self.0.entry((user_id, hour)).or_default();
        let count = match counted {
            Counted::Admitted => &mut counts.admitted,
            Counted::Lent => &mut counts.lent,
            Counted::WouldRefuse => &mut counts.would_refuse,
            Counted::Refused => &mut counts.refused,
        };
        *count += 1;
    }

    /// Takes all as rows.
    pub(super) fn take(&mut self, group_id: Uuid) -> Vec<share_hour::ActiveModel> {
        let counts = std::mem::take(&mut self.0).into_iter();
        let rows = counts.map(|((user_id, hour), counts)| share_hour::ActiveModel {
            group_id: Set(group_id),
            user_id: Set(user_id),
            hour: Set(hour),
            admitted: Set(counts.admitted),
            lent: Set(counts.lent),
            would_refuse: Set(counts.would_refuse),
            refused: Set(counts.refused),
        });
        rows.collect()
    }
}

/// Adds counts to those that are stored.
pub(super) async fn store(
    connection: &impl ConnectionTrait,
    rows: &[share_hour::ActiveModel],
) -> Result<(), DbErr> {
    for rows in rows.chunks(ROWS) {
        let key = [
            share_hour::Column::GroupId,
            share_hour::Column::UserId,
            share_hour::Column::Hour,
        ];
        let mut conflict = OnConflict::columns(key);
        for column in [
            share_hour::Column::Admitted,
            share_hour::Column::Lent,
            share_hour::Column::WouldRefuse,
            share_hour::Column::Refused,
        ] {
            let added = Expr::col((Alias::new("excluded"), column));
            conflict.value(column, Expr::col((ShareHour, column)).add(added));
        }
        ShareHour::insert_many(rows.iter().cloned())
            .on_conflict(conflict)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Deletes the counts of hours before this one.
pub(super) async fn delete_before(
    connection: &impl ConnectionTrait,
    hour: i64,
) -> Result<u64, DbErr> {
    let deleted = ShareHour::delete_many()
        .filter(share_hour::Column::Hour.lt(hour))
        .exec(connection)
        .await?;
    Ok(deleted.rows_affected)
}
