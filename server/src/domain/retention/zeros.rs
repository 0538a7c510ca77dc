//! Sums of zero: a request whose provider was unknown at first is subtracted from the sums of the unknown provider,
//! which may leave a row of zeros.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use entity::usage_rollup::Period;
use sea_orm::{DbErr, Iterable as _};

use super::batches::RowRange;
use crate::{db::Database, domain::usage::SUMS};

/// How far back a request may still change: engine reports arrive within an hour.
const SETTLING: TimeDelta = TimeDelta::days(2);

/// Deletes sums of zero: all in the first pass, then those of the last days. The rows are found on a reader's
/// connection, so that the writer only deletes.
pub(super) async fn delete(
    db: &Database,
    checked_until: &AtomicI64,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let from = checked_until.load(Ordering::Relaxed);
    let is_zero = SUMS.map(|sum| format!("{sum} = 0")).join(" AND ");
    let mut deleted = 0;
    for period in Period::iter() {
        for range in RowRange::of_sums(period, from, now.timestamp()) {
            let mut rest = range;
            while let Some((batch, after)) = rest.split(db).await? {
                let zeros = batch.filtered(&is_zero);
                if zeros.has_rows(db).await? {
                    deleted += zeros.delete_batch(db).await?;
                }
                rest = after;
            }
        }
    }
    checked_until.store((now - SETTLING).timestamp(), Ordering::Relaxed);
    Ok(deleted)
}
